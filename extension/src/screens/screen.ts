import type { Action } from "../shared/actions";
import type { View } from "../shared/view";

/** Does what a button says. */
export type Act = (action: Action) => void;

/** What a screen of the popup shows for a view. */
export type Screen = (view: View, act: Act) => Node[];
