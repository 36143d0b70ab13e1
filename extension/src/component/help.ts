/** The extension's pages of help aren't here: an error's own sentence and next step have to do. */
export function helpFor(_code: string): undefined {}
