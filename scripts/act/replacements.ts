/** A change to the text of a workflow or of action.yml, so that act can run it on a machine without GitHub. */
export interface Replacement {
  /** What is replaced; with the flag `g`, and without a look at what is around it. */
  readonly from: RegExp
  readonly to: string
  /** Completes "… because ". */
  readonly why: string
}

/** A file that was changed, for the report. */
export interface Replaced {
  readonly file: string
  readonly line: string
  readonly by: string
  readonly why: string
}

export interface ReplacedText {
  readonly text: string
  readonly made: readonly Replaced[]
}

/** Makes the replacements, one after the other; says which lines they changed. */
export const replaceIn = (file: string, text: string, replacements: readonly Replacement[]): ReplacedText => {
  const made: Replaced[] = []
  let now = text
  for (const { from, to, why } of replacements) {
    now = now.replace(from, (match: string) => {
      const by = match.replace(from, to)
      made.push({ file, line: match.trim(), by: by.trim(), why })
      return by
    })
  }
  return { text: now, made }
}

/** What act does not know, whatever the workflow. */
export const unknownToAct: readonly Replacement[] = [
  {
    from: /\buses: \$\/(\.github\/\S+)/g,
    to: 'uses: dmwm/stable-release-action/$1@v1',
    why: 'act does not know `$/`',
  },
  { from: /\buses: \$\/(\s)/g, to: 'uses: dmwm/stable-release-action@v1$1', why: 'act does not know `$/`' },
  { from: /^ *queue: .*\n/gm, to: '', why: 'act does not know `queue:`' },
]

/** The registry of the workflows is outside of this machine. */
export const registryAt = (host: string): Replacement => ({
  from: /\bregistry\.cern\.ch\b|\blocalhost:5000\b/g,
  to: host,
  why: 'the registry is a throwaway one',
})

/** The package index that action.yml names is outside of this machine. */
export const packageIndexAt = (url: string): Replacement => ({
  from: /https:\/\/pypi\.org\/simple\//g,
  to: url,
  why: 'the package index is a throwaway one',
})
