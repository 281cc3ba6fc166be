export const presets = {
  /** Decides as WMCore's docker.sh. */
  wmcore: `
final:      X.Y.Z    -> X.Y.Z    | X.Y.Z-stable
patch:      X.Y.Z.P  -> X.Y.Z.P  | X.Y.Z.P-stable
candidate:  X.Y.ZrcN -> X.Y.ZrcN
other:      *        -> *
`.trimStart(),

  /** The Go services, such as dbs2go and das2go. */
  'dmwm-go': `
final:        X.Y.Z     -> X.Y.Z     | X.Y.Z-stable
v-final:      vX.Y.Z    -> vX.Y.Z    | vX.Y.Z-stable
candidate:    X.Y.ZrcN  -> X.Y.ZrcN
v-candidate:  vX.Y.ZrcN -> vX.Y.ZrcN
`.trimStart(),

  /** CRABServer dates its releases. */
  crab: `
release:  v3.D -> v3.D | v3.D-stable
other:    *    -> *
`.trimStart(),
} as const

export type PresetName = keyof typeof presets
