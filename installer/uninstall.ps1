# Undoes install.ps1.
$ErrorActionPreference = "Stop"
$to = Join-Path $env:LOCALAPPDATA "Programs\cmdsign"
& "$to\bin\cmdsign.exe" uninstall @args
Remove-Item -Recurse $to
