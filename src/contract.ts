// biome-ignore-all format: generated
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the default of an input may be an expression of GitHub
// Written by `npm run generate` from action.yml, which is the home of inputs, outputs and defaults.

/** The inputs of the action, as action.yml declares them. */
export const inputs = {
  "command": {
    description: "What to do: `release` builds, publishes and verifies the images of the tag; `plan` only says which images it would be, checks all inputs, and needs neither docker nor the network; `build` builds on the runner and `push` publishes that, for those who test the image between the two; `promote` gives the published image its stable tags, by digest; `verify` compares the registry with the plan and changes nothing.",
    required: false,
    default: "release",
  },
  "registry": {
    description: "The host of the registry, such as `registry.cern.ch` or `ghcr.io`.",
    required: true,
    default: "",
  },
  "project": {
    description: "The path of the images in the registry; may have slashes, or be empty.",
    required: false,
    default: "cmsweb",
  },
  "service": {
    description: "The name of the image.",
    required: true,
    default: "",
  },
  "tag": {
    description: "The git tag that is released. Without it, the git tag that the workflow runs on.",
    required: false,
    default: "",
  },
  "policy": {
    description: "The release policy: the name of a preset (`wmcore`, `dmwm-go`, `crab`), or a table of rules such as `final: X.Y.Z -> X.Y.Z | X.Y.Z-stable`, one a line.",
    required: false,
    default: "wmcore",
  },
  "policy-file": {
    description: "The path of a file that holds the table of rules, instead of `policy`; in the workspace or in RUNNER_TEMP.",
    required: false,
    default: "",
  },
  "context": {
    description: "What is built, a directory in the workspace or in RUNNER_TEMP, or the address of a git repository.",
    required: false,
    default: ".",
  },
  "file": {
    description: "The Dockerfile, from the workspace; it may also be in RUNNER_TEMP. Without it, `Dockerfile` in the context.",
    required: false,
    default: "",
  },
  "build-args": {
    description: "Build arguments, one `NAME=value` a line; `NAME` alone takes its value from the environment of the step. `TAG=<git tag>` is always passed.",
    required: false,
    default: "",
  },
  "build-options": {
    description: "Further options of `docker buildx build`, one a line, such as `--platform=linux/amd64,linux/arm64` or `--cache-from=type=gha`. None may write into the repository of the image.",
    required: false,
    default: "",
  },
  "labels": {
    description: "Labels of the image, one `name=value` a line, beside title, version, revision, source, ref.name and url of `org.opencontainers.image`, which it always has.",
    required: false,
    default: "",
  },
  "username": {
    description: "The account at the registry. Keep it in `vars`, not in `secrets`: GitHub blanks every output that contains a secret. Without it, the login that docker has is used.",
    required: false,
    default: "",
  },
  "password": {
    description: "The password or token of the account.",
    required: false,
    default: "",
  },
  "on-existing": {
    description: "What to do when the image tag is already there: `same-revision` goes on if it was built from this commit and stops if not; `reuse` takes it as it is; `fail` stops; `overwrite` replaces it.",
    required: false,
    default: "same-revision",
  },
  "stable": {
    description: "When stable tags are written: `on-release`, or `on-promotion`, by the command `promote` alone.",
    required: false,
    default: "on-release",
  },
  "digest": {
    description: "For `promote` and `verify`, the digest that the published image must have, `sha256:…`.",
    required: false,
    default: "",
  },
  "package": {
    description: "A project on a Python package index that must be there at the version of the git tag before the image is built, such as `reqmgr2`. Empty: nothing is waited for.",
    required: false,
    default: "",
  },
  "package-index": {
    description: "The simple index on which the package is looked for, without a password in its address.",
    required: false,
    default: "https://pypi.org/simple/",
  },
  "package-timeout": {
    description: "How long the package is waited for, such as `90s`, `15m` or `1h`.",
    required: false,
    default: "15m",
  },
  "require-checks": {
    description: "Names of commit statuses or check runs, one a line, that must have passed on the commit of the git tag before stable tags are written.",
    required: false,
    default: "",
  },
  "checks-timeout": {
    description: "How long checks that are absent or running are waited for, such as `30m`.",
    required: false,
    default: "0s",
  },
  "github-token": {
    description: "The token that reads the checks; it needs `checks`, `statuses` and `contents`, each `read`. It also reads the commit of a git tag that the run is not for, which needs `contents` alone.",
    required: false,
    default: "${{ github.token }}",
  },
} as const

/** The name of an input. */
export type InputName = keyof typeof inputs

/** The names of the outputs of the action, as action.yml declares them. */
export const outputs = ["image","tag","rule","is-stable","tags","stable-tags","withheld","digest","reference","json"] as const

/** The name of an output. */
export type OutputName = (typeof outputs)[number]
