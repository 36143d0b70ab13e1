// A script of its own beside the frame's: the texts of pdf.js' workers. Those of the first document start as soon as it's read, while
// the rest of pdf.js and the document are on their way.

import parser from "inline-worker:pdf.worker";
import renderer from "inline-worker:pdf.renderer";
import { here, type Workers } from "./beside";

function worker(code: string): Worker {
  return new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
}

const start = (): Workers => ({ parses: worker(parser), renders: worker(renderer) });

let early: Workers | undefined = start();

/** Workers that nobody else has. */
function take(): Workers {
  const taken = early ?? start();
  early = undefined;
  return taken;
}

here("workers", { take });
