// The document that the pictures show: a lease of six pages, printed by the browser that takes them.

const clauses = [
  ["Objeto", "O primeiro outorgante dá de arrendamento ao segundo, para habitação, a fração autónoma designada pela letra B, segundo andar direito do prédio urbano sito na Rua da Prata, n.º 12, em Lisboa."],
  ["Prazo", "O contrato tem a duração de um ano, com início em 1 de dezembro de 2026, e renova-se por períodos iguais se nenhuma das partes se opuser com a antecedência da lei."],
  ["Renda", "A renda mensal é de 850,00 €, paga até ao dia oito de cada mês, por transferência bancária, contra recibo de renda eletrónico."],
  ["Obras", "O segundo outorgante mantém o locado no estado em que o recebe, descrito no inventário do Anexo A, e não faz obras sem autorização escrita."],
];

/** Its bytes. */
export async function contract(browser) {
  const page = (n) => `<section><h1>${n ? `Página ${n + 1}` : "Contrato de arrendamento"}</h1>
    ${n ? "" : "<p>Entre a primeira outorgante, <b>Joana Exemplo</b>, e a segunda outorgante, <b>Maria Exemplo da Silva</b>, é celebrado o presente contrato, que se rege pelas cláusulas seguintes:</p>"}
    ${clauses.map(([title, text], i) => `<h2>Cláusula ${n * clauses.length + i + 1}.ª – ${title}</h2><p>${text}</p>`).join("")}</section>`;
  const html = `<!doctype html><html lang="pt"><meta charset="utf-8"><title>Contrato de arrendamento</title><style>
    @page { size: A4; margin: 25mm } body { font: 13pt/1.5 serif; margin: 0 } section { break-after: page } h2 { font-size: 13pt }
  </style>${[0, 1, 2, 3, 4, 5].map(page).join("")}`;
  await browser.page("Page.navigate", { url: "about:blank" });
  const { frameTree } = await browser.page("Page.getFrameTree");
  await browser.page("Page.setDocumentContent", { frameId: frameTree.frame.id, html });
  const { data } = await browser.page("Page.printToPDF", { preferCSSPageSize: true });
  return Buffer.from(data, "base64");
}
