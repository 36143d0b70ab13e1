# Puts cmdsign and its extension under %LOCALAPPDATA%\Programs\cmdsign and makes them known to the browsers.
$ErrorActionPreference = "Stop"
$from = Split-Path $PSScriptRoot
$to = Join-Path $env:LOCALAPPDATA "Programs\cmdsign"
New-Item -ItemType Directory -Force "$to\bin", "$to\share\cmdsign\extension" | Out-Null
Copy-Item -Force "$from\bin\cmdsign.exe" "$to\bin"
Copy-Item -Force -Recurse "$from\extension\dist\*" "$to\share\cmdsign\extension"
& "$to\bin\cmdsign.exe" install @args
exit $LASTEXITCODE
