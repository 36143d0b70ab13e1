import { beforeEach, describe, expect, it, vi } from "vitest";
import { decodeDataUrl } from "../src/pdf/data-url";
import { pathOfFileUrl } from "../src/pdf/file-path";
import { obtain, refuseForm } from "../src/pdf/ladder";
import { documentName } from "../src/pdf/name";
import { statusProblem } from "../src/pdf/problem";
import { checkPdf } from "../src/pdf/sniff";
import { toBase64 } from "../src/shared/base64";
import { MAX_PDF } from "../src/shared/protocol";

const platform = vi.hoisted(() => ({ fetchElsewhere: vi.fn(), tabMethod: vi.fn() }));
vi.mock("#platform", () => platform);
const page = vi.hoisted(() => ({ fetchInPage: vi.fn() }));
vi.mock("../src/pdf/page-fetch", () => page);

const pdf = new TextEncoder().encode("%PDF-1.7\n…\n%%EOF") as Uint8Array<ArrayBuffer>;
const html = new TextEncoder().encode("<!doctype html><title>Entrar</title>") as Uint8Array<ArrayBuffer>;

beforeEach(() => {
  vi.resetAllMocks();
  vi.stubGlobal("chrome", { runtime: { getPlatformInfo: async () => ({ os: "linux" }) } });
});

describe("what a PDF is, the bytes decide", () => {
  it.each<[string, Uint8Array]>([
    ["a PDF", pdf],
    ["a PDF with something before it, as some printers write", Uint8Array.of(...new Array(1000).fill(32), ...pdf)],
  ])("%s is one", (_, bytes) => {
    expect(() => checkPdf(bytes)).not.toThrow();
  });

  it.each<[string, Uint8Array, string]>([
    ["nothing", new Uint8Array(), "PDF_EMPTY"],
    ["a login page", html, "PDF_NOT_PDF"],
    ["a header after the first kilobyte", Uint8Array.of(...new Array(1024).fill(32), ...pdf), "PDF_NOT_PDF"],
    ["one byte over 64 MiB", new Uint8Array(MAX_PDF + 1), "PDF_TOO_LARGE"],
  ])("%s isn't", (_, bytes, code) => {
    expect(() => checkPdf(bytes)).toThrow(expect.objectContaining({ code }));
  });

  it.each([
    [404, "PDF_GONE"], [410, "PDF_GONE"], [401, "PDF_SITE_REFUSED"], [403, "PDF_SITE_REFUSED"], [500, "PDF_SITE_REFUSED"], [304, "PDF_SITE_REFUSED"],
  ])("status %d is %s", (status, code) => {
    expect(statusProblem(status)?.code).toBe(code);
  });
});

describe("the ladder", () => {
  const link = (url: string) => ({ kind: "link" as const, url, page: { tabId: 1, frameId: 0, url: "https://banco.pt/conta" } });
  const tab = (url: string, again = false) => ({ kind: "tab" as const, tabId: 1, url, pageUrl: url, again });
  const got = (url: string, disposition = "") => ({ bytes: pdf, url, disposition });

  it("asks the page for what is of its own origin", async () => {
    page.fetchInPage.mockResolvedValue(got("https://banco.pt/ler?id=5", 'attachment; filename="extrato.pdf"'));
    expect(await obtain(link("https://banco.pt/ler?id=5"))).toMatchObject({ name: "extrato.pdf", site: "banco.pt", bytes: pdf });
    expect(platform.fetchElsewhere).not.toHaveBeenCalled();
  });

  it("asks elsewhere where the page can't, as after a redirect to another origin", async () => {
    page.fetchInPage.mockResolvedValue(undefined);
    platform.fetchElsewhere.mockResolvedValue(got("https://arquivo.pt/a.pdf"));
    expect(await obtain(link("https://banco.pt/desvio"))).toMatchObject({ name: "a.pdf", site: "arquivo.pt" });
  });

  it("doesn't use up an address of another origin by a try of the page's", async () => {
    platform.fetchElsewhere.mockResolvedValue(got("https://arquivo.pt/uma-vez"));
    await obtain(link("https://arquivo.pt/uma-vez"));
    expect(page.fetchInPage).not.toHaveBeenCalled();
  });

  it("takes a blob: from its page only, and a data: from itself", async () => {
    page.fetchInPage.mockResolvedValue(undefined);
    await expect(obtain(link("blob:https://banco.pt/1-2"))).rejects.toMatchObject({ code: "PDF_UNREACHABLE" });
    expect(page.fetchInPage).toHaveBeenCalled();
    expect(platform.fetchElsewhere).not.toHaveBeenCalled();
    expect(await obtain(link(`data:application/pdf;base64,${toBase64(pdf)}`))).toMatchObject({ name: "documento.pdf", bytes: pdf });
  });

  it("hands a file's path to the host", async () => {
    expect(await obtain(link("file:///home/ana/Contrato%20final.pdf"))).toEqual({ name: "Contrato final.pdf", site: "", path: "/home/ana/Contrato final.pdf" });
  });

  it("lets go of the browser's download when the host has read it", async () => {
    const release = vi.fn();
    platform.fetchElsewhere.mockResolvedValue({ path: "/d/a.pdf", release });
    expect(await obtain(link("https://arquivo.pt/a.pdf"))).toEqual({ name: "a.pdf", site: "banco.pt", path: "/d/a.pdf", release });
  });

  it.each(["javascript:alert(1)", "ftp://a/b.pdf", "mailto:a@b", "chrome://version", "a.pdf"])("refuses %s", async (url) => {
    await expect(obtain(link(url))).rejects.toMatchObject({ code: "PDF_SCHEME" });
  });

  it("says that a login page isn't a PDF", async () => {
    page.fetchInPage.mockResolvedValue({ bytes: html, url: "https://banco.pt/a.pdf", disposition: "" });
    await expect(obtain(link("https://banco.pt/a.pdf"))).rejects.toMatchObject({ code: "PDF_NOT_PDF" });
  });

  describe("the tab's PDF", () => {
    const inCache = (cached: boolean) =>
      page.fetchInPage.mockImplementation(async (_where, url: string, opts: { cachedOnly?: boolean }) => (cached === !!opts.cachedOnly ? got(url) : undefined));

    it("comes from the cache, which asks nobody", async () => {
      inCache(true);
      expect(await obtain(tab("https://banco.pt/ler"))).toMatchObject({ bytes: pdf });
      expect(page.fetchInPage).toHaveBeenCalledTimes(1);
      expect(platform.tabMethod).not.toHaveBeenCalled();
    });

    it.each([
      ["post", false, "PDF_FORM_TAB"],
      ["post", true, "PDF_FORM_TAB"], // not even if the person says so
      ["unknown", false, "PDF_TAB_UNKNOWN"],
    ] as const)("isn't asked for again after %s (again: %s)", async (method, again, code) => {
      inCache(false);
      platform.tabMethod.mockResolvedValue(method);
      await expect(obtain(tab("https://banco.pt/emitir", again))).rejects.toMatchObject({ code });
      expect(page.fetchInPage).toHaveBeenCalledTimes(1); // the cache only
      expect(page.fetchInPage.mock.calls[0]![2]).toMatchObject({ cachedOnly: true });
      expect(platform.fetchElsewhere).not.toHaveBeenCalled();
    });

    it("is asked for again where it's known to be a GET, or the person says so", async () => {
      inCache(false);
      platform.tabMethod.mockResolvedValue("get");
      expect(await obtain(tab("https://banco.pt/ler"))).toMatchObject({ bytes: pdf });
      platform.tabMethod.mockResolvedValue("unknown");
      expect(await obtain(tab("https://banco.pt/ler", true))).toMatchObject({ bytes: pdf });
    });
  });

  it("has the rule about forms in one place", () => {
    expect(() => refuseForm("get", false)).not.toThrow();
    expect(() => refuseForm("unknown", true)).not.toThrow();
  });
});

describe("names", () => {
  it.each([
    ["https://a.pt/b/Contrato%20final.pdf?x=1", "", "Contrato final.pdf"],
    ["https://a.pt/ler?id=5", "", "ler.pdf"],
    ["https://a.pt/", "", "documento.pdf"],
    ["https://a.pt/x", 'attachment; filename="Relatório.PDF"', "Relatório.PDF"],
    ["https://a.pt/x", "inline; filename=plain.pdf; size=3", "plain.pdf"],
    ["https://a.pt/x", "attachment; filename=\"a.pdf\"; filename*=UTF-8''Certid%C3%A3o.pdf", "Certidão.pdf"],
    ["https://a.pt/x", "attachment; filename*=UTF-8''%E0%A4%A", "x.pdf"],
    ["https://a.pt/x", 'attachment; filename="../../.bashrc"', ".bashrc.pdf"],
    ["https://a.pt/x", 'attachment; filename="C:\\\\dir\\\\a.pdf"', "a.pdf"],
    ["https://a.pt/x", 'attachment; filename="fdp.exe\u202e.pdf"', "fdp.exe.pdf"],
    ["https://a.pt/x", 'attachment; filename=".."', "documento.pdf"],
    ["https://a.pt/%zz.pdf", "", "documento.pdf"],
    ["blob:https://a.pt/1-2-3", "", "documento.pdf"],
  ])("%s %s: %s", (url, disposition, name) => {
    expect(documentName(url, disposition)).toBe(name);
  });
});

describe("file: addresses", () => {
  it.each<[string, boolean, string | undefined]>([
    ["file:///home/ana/Contrato%20final.pdf", false, "/home/ana/Contrato final.pdf"],
    ["file:///home/ana/a%23b.pdf#page=2", false, "/home/ana/a#b.pdf"],
    ["file://localhost/tmp/a.pdf", false, "/tmp/a.pdf"],
    ["file://servidor/partilha/a.pdf", false, undefined],
    ["file:///C:/Users/Ana/a.pdf", true, "C:\\Users\\Ana\\a.pdf"],
    ["file://servidor/partilha/a.pdf", true, "\\\\servidor\\partilha\\a.pdf"],
    ["file:///tmp/a%00.pdf", false, undefined],
    ["file:///tmp/%zz", false, undefined],
    ["https://a.pt/a.pdf", false, undefined],
  ])("%s", (url, windows, path) => {
    expect(pathOfFileUrl(url, windows)).toBe(path);
  });
});

describe("data: addresses", () => {
  it.each([
    ["data:application/pdf;base64,JVBERi0=", "%PDF-"],
    ["data:application/pdf;base64,JVBERi0%3D", "%PDF-"],
    ["data:application/pdf,%25PDF-%E9", "%PDF-\u00e9"],
  ])("%s", (url, text) => {
    expect(String.fromCharCode(...decodeDataUrl(url))).toBe(text);
  });

  it.each(["data:application/pdf", "data:application/pdf;base64,***"])("%s can't be read", (url) => {
    expect(() => decodeDataUrl(url)).toThrow(expect.objectContaining({ code: "PDF_UNREACHABLE" }));
  });
});
