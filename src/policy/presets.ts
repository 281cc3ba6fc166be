/** The policies that have a name. Each is a text in the notation, so that it reads as it is documented. */
export const presets = {
  /** WMCore: the verdict of its docker.sh on every tag. */
  wmcore: `
final:      X.Y.Z    -> X.Y.Z    | X.Y.Z-stable
patch:      X.Y.Z.P  -> X.Y.Z.P  | X.Y.Z.P-stable
candidate:  X.Y.ZrcN -> X.Y.ZrcN
other:      *        -> *
`.trimStart(),
} as const satisfies Record<string, string>

/** The name of a preset. */
export type PresetName = keyof typeof presets
