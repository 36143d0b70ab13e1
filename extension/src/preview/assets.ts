// A script of its own beside the frame's, read when a document needs it: fonts and decoders that pdf.js asks for. Not here: the CMaps
// of East Asian fonts (1.7 MB), colour profiles, XFA, scripts.

import fixed from "inline-bytes:pdfjs-dist/standard_fonts/FoxitFixed.pfb";
import fixedBold from "inline-bytes:pdfjs-dist/standard_fonts/FoxitFixedBold.pfb";
import fixedBoldItalic from "inline-bytes:pdfjs-dist/standard_fonts/FoxitFixedBoldItalic.pfb";
import fixedItalic from "inline-bytes:pdfjs-dist/standard_fonts/FoxitFixedItalic.pfb";
import serif from "inline-bytes:pdfjs-dist/standard_fonts/FoxitSerif.pfb";
import serifBold from "inline-bytes:pdfjs-dist/standard_fonts/FoxitSerifBold.pfb";
import serifBoldItalic from "inline-bytes:pdfjs-dist/standard_fonts/FoxitSerifBoldItalic.pfb";
import serifItalic from "inline-bytes:pdfjs-dist/standard_fonts/FoxitSerifItalic.pfb";
import symbol from "inline-bytes:pdfjs-dist/standard_fonts/FoxitSymbol.pfb";
import dingbats from "inline-bytes:pdfjs-dist/standard_fonts/FoxitDingbats.pfb";
import sans from "inline-bytes:pdfjs-dist/standard_fonts/LiberationSans-Regular.ttf";
import sansBold from "inline-bytes:pdfjs-dist/standard_fonts/LiberationSans-Bold.ttf";
import sansBoldItalic from "inline-bytes:pdfjs-dist/standard_fonts/LiberationSans-BoldItalic.ttf";
import sansItalic from "inline-bytes:pdfjs-dist/standard_fonts/LiberationSans-Italic.ttf";
import jbig2 from "inline-bytes:pdfjs-dist/wasm/jbig2.wasm";
import openjpeg from "inline-bytes:pdfjs-dist/wasm/openjpeg.wasm";
import { fromBase64 } from "../shared/base64";
import { here } from "./beside";

const files: Record<string, string> = {
  "FoxitFixed.pfb": fixed,
  "FoxitFixedBold.pfb": fixedBold,
  "FoxitFixedBoldItalic.pfb": fixedBoldItalic,
  "FoxitFixedItalic.pfb": fixedItalic,
  "FoxitSerif.pfb": serif,
  "FoxitSerifBold.pfb": serifBold,
  "FoxitSerifBoldItalic.pfb": serifBoldItalic,
  "FoxitSerifItalic.pfb": serifItalic,
  "FoxitSymbol.pfb": symbol,
  "FoxitDingbats.pfb": dingbats,
  "LiberationSans-Regular.ttf": sans,
  "LiberationSans-Bold.ttf": sansBold,
  "LiberationSans-BoldItalic.ttf": sansBoldItalic,
  "LiberationSans-Italic.ttf": sansItalic,
  "jbig2.wasm": jbig2,
  "openjpeg.wasm": openjpeg,
};

/** A file by its name in pdf.js; undefined where it isn't here. The caller may give it away. */
function asset(name: string): Uint8Array<ArrayBuffer> | undefined {
  const file = files[name];
  return file === undefined ? undefined : fromBase64(file);
}

here("assets", { asset });
