// biome-ignore-all format: generated
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the default of an input may be an expression of GitHub
// Written by `npm run generate` from action.yml, which is the home of inputs, outputs and defaults.

/** The inputs of the action, as action.yml declares them. */
export const inputs = {
  "command": {
    description: "`release` builds, publishes and verifies the images of the tag. `plan` says what it would do and checks all inputs, without docker or network. `build` builds on the runner, and `push` publishes that. `promote` gives a published image its stable tags, by digest. `verify` compares the registry with the plan; `audit` does for every version.",
    required: false,
    default: "release",
  },
  "registry": {
    description: "The host of the registry, such as `registry.cern.ch` or `ghcr.io`.",
    required: true,
    default: "",
  },
  "project": {
    description: "The path of the images in the registry, such as `cmswmcore`; may have slashes. Without it, the image is `registry/service`.",
    required: false,
    default: "",
  },
  "service": {
    description: "The name of the image. `plan`, `promote`, `verify` and `audit` take several, one a line or separated by commas, each a name or (not for `audit`) `name@sha256:…`.",
    required: true,
    default: "",
  },
  "tag": {
    description: "The git tag to release. By default, the one that triggered the run.",
    required: false,
    default: "",
  },
  "policy": {
    description: "The release policy: a preset (`wmcore`, `dmwm-go`, `crab`) or rules such as `final: X.Y.Z -> X.Y.Z | X.Y.Z-stable`, one a line.",
    required: false,
    default: "wmcore",
  },
  "policy-file": {
    description: "A file with the rules, instead of `policy`.",
    required: false,
    default: "",
  },
  "context": {
    description: "The directory to build.",
    required: false,
    default: ".",
  },
  "file": {
    description: "The path of the Dockerfile. By default, `Dockerfile` in the context.",
    required: false,
    default: "",
  },
  "build-args": {
    description: "Build arguments, one `NAME=value` a line; `NAME` alone takes its value from the environment, and is left out if there is none. `TAG=<git tag>` is always passed.",
    required: false,
    default: "",
  },
  "build-options": {
    description: "More options of `docker buildx build`, one a line, such as `--platform=linux/amd64,linux/arm64` or `--cache-from=type=gha`.",
    required: false,
    default: "",
  },
  "labels": {
    description: "More labels of the image, one `name=value` a line. Title, version, revision, source, ref.name and url of `org.opencontainers.image` are set where they are known.",
    required: false,
    default: "",
  },
  "username": {
    description: "The account at the registry. Keep it in `vars`: GitHub blanks outputs that contain a secret. By default, docker's login is used.",
    required: false,
    default: "",
  },
  "password": {
    description: "The password or token of the account.",
    required: false,
    default: "",
  },
  "on-existing": {
    description: "If the version is published: `same-revision` keeps an image built from this commit and stops at any other; `reuse` keeps any; `fail` always stops; `overwrite` replaces it.",
    required: false,
    default: "same-revision",
  },
  "stable": {
    description: "When stable tags are written, `on-release` or `on-promotion` (only by `promote`).",
    required: false,
    default: "on-release",
  },
  "digest": {
    description: "For `promote` and `verify` of one service, the digest that the image must have, `sha256:…`.",
    required: false,
    default: "",
  },
  "from": {
    description: "For `audit`, the git tag of the oldest version that is judged. By default, all are.",
    required: false,
    default: "",
  },
  "record": {
    description: "Whether a record of the decision is stored with an image that becomes stable, where the registry has the referrers API, and shown by `verify` and `audit`; `true` or `false`.",
    required: false,
    default: "true",
  },
  "package": {
    description: "A Python package to wait for before the build, at the git tag's version.",
    required: false,
    default: "",
  },
  "package-index": {
    description: "The simple index that has the package; no password in the address.",
    required: false,
    default: "https://pypi.org/simple/",
  },
  "package-timeout": {
    description: "How long to wait for the package, such as `90s`, `15m` or `1h`.",
    required: false,
    default: "15m",
  },
  "require-checks": {
    description: "Commit statuses or check runs, one a line, that must pass on the git tag's commit before stable tags are written.",
    required: false,
    default: "",
  },
  "checks-timeout": {
    description: "How long to wait for these checks, such as `30m`.",
    required: false,
    default: "0s",
  },
  "github-token": {
    description: "Reads the checks (it needs `checks`, `statuses` and `contents`, each `read`), and the commit of a `tag` other than the one that triggered the run (`contents`).",
    required: false,
    default: "${{ github.token }}",
  },
} as const

/** The name of an input. */
export type InputName = keyof typeof inputs

/** The names of the outputs of the action, as action.yml declares them. */
export const outputs = ["image","tag","rule","is-stable","tags","stable-tags","withheld","digest","reference","record-path","json"] as const

/** The name of an output. */
export type OutputName = (typeof outputs)[number]
