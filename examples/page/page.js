// What a page adds to <sign-with-cmd>: where the server is, the token of whoever is logged in, and what to do with the outcome.

const element = document.querySelector("sign-with-cmd");
const outcome = document.querySelector("#outcome");

// The page's own back end knows who is logged in and what they may sign (serve.mjs).
const { server, token, serverKey } = await (await fetch("settings.json")).json();
element.server = server;
element.token = token; // as a property it stands nowhere in the document
if (serverKey) element.serverKey = serverKey;

element.addEventListener("cmd-file", ({ detail }) => {
  // detail.file is the signed PDF: give it to the back end, for example.
  outcome.textContent = `${detail.name}: ${detail.file.size} bytes`;
});
for (const end of ["cmd-failed", "cmd-interrupted", "cmd-unverified"]) {
  element.addEventListener(end, ({ detail }) => {
    outcome.textContent = detail.mayBeSigned ? "Pode ter sido assinado." : "Não foi assinado.";
  });
}
