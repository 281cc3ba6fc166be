export const presets = {
  /** WMCore: the verdict of its docker.sh on every tag. */
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

  /** CRABServer, whose releases are dated, such as v3.240325. */
  crab: `
release:  v3.D -> v3.D | v3.D-stable
other:    *    -> *
`.trimStart(),
} as const satisfies Record<string, string>

export type PresetName = keyof typeof presets
