import type { Fetched, FetchOptions, OnDisk, TabMethod } from "../pdf/ladder";
import type { Documents } from "../relay/document";
import type { Post } from "../relay/parts";
import type { Tokens } from "../secrets/tokens";
import type { Mode } from "../shared/protocol";

/** The relay as the worker uses it; a browser without a debugger has none. */
export interface RelayLike {
  handle(request: unknown): Promise<void>;
  show(): Promise<void>;
  closeLater(keep: boolean, ms: number): void;
  end(keep: boolean): Promise<void>;
}

/** What differs between the two builds. */
export interface Platform {
  /** The ways of holding a browser that this one can do, the best first. */
  modes: readonly Mode[];
  /** Lets go of the tabs that an earlier worker held: the browser then saves what was on its way. */
  releaseTabs(keep: boolean): Promise<void>;
  /** Lets them go anywhere again. */
  clearFences(): Promise<void>;
  newRelay(post: Post, tokens: Tokens, documents: Documents, holds: (tabId: number | undefined) => void, coming: () => boolean): RelayLike | undefined;
  /** Fetches what the page itself can't. */
  fetchElsewhere(url: string, referrer: string, opts: FetchOptions): Promise<Fetched | OnDisk>;
  tabMethod(tabId: number): Promise<TabMethod>;
}
