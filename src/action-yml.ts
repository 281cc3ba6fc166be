// Written by `npm run generate` from action.yml: change defaults and descriptions there.

/** The default of every input, and the first sentence of its description. */
export const inputs = {
  "command": { default: "release", meaning: "`release` builds, publishes and verifies the images of the tag." },
  "registry": { default: "", meaning: "The host of the registry, such as `registry.cern.ch` or `ghcr.io`." },
  "project": { default: "", meaning: "The path of the images in the registry, such as `cmswmcore`; may have slashes." },
  "service": { default: "", meaning: "The name of the image." },
  "tag": { default: "", meaning: "The git tag to release." },
  "policy": { default: "wmcore", meaning: "The release policy: a preset (`wmcore`, `dmwm-go`, `crab`) or rules such as `final: X.Y.Z -> X.Y.Z | X.Y.Z-stable`, one per line." },
  "policy-file": { default: "", meaning: "A file with the rules, instead of `policy`." },
  "context": { default: ".", meaning: "The directory to build." },
  "file": { default: "", meaning: "The path of the Dockerfile." },
  "build-args": { default: "", meaning: "Build arguments, one `NAME=value` per line, without quotes." },
  "build-options": { default: "", meaning: "More options of `docker buildx build`, one per line, such as `--platform=linux/amd64,linux/arm64` or `--cache-from=type=gha`." },
  "labels": { default: "", meaning: "More labels of the image, one `name=value` per line, without quotes." },
  "source-image": { default: "", meaning: "For `release` and `plan`, an image that is released as it is, without a build: `registry/path/name:tag` or `…@sha256:…`." },
  "mirrors": { default: "", meaning: "Images that get the same tags with the same digests, one per line without a tag, such as `docker.io/cmssw/das-server`; for several services, `docker.io/cmssw/{service}`." },
  "username": { default: "", meaning: "The account at the registry." },
  "password": { default: "", meaning: "The password or token of the account." },
  "on-existing": { default: "same-revision", meaning: "What to do with a published version, `same-revision`, `reuse`, `fail` or `overwrite`." },
  "stable": { default: "on-release", meaning: "When stable tags are written, `on-release` or `on-promotion` (only by `promote`)." },
  "digest": { default: "", meaning: "For `promote` and `verify` of one service, the digest that the image must have, `sha256:…`." },
  "from": { default: "", meaning: "For `audit`, the git tag of the oldest version to compare." },
  "html-file": { default: "", meaning: "For `audit`, the path of an HTML page to write, which shows the result, good or bad." },
  "used": { default: "", meaning: "For `audit`, files that name the images in use, one path or glob per line: manifests, Helm values, or what `kubectl get pods -A -o yaml` printed." },
  "record": { default: "true", meaning: "Whether to store a record of the decision with an image that becomes stable, `true` or `false`." },
  "package": { default: "", meaning: "A Python package to wait for before the build, at the git tag's version." },
  "package-index": { default: "https://pypi.org/simple/", meaning: "The address of the package's simple index, without a password." },
  "package-timeout": { default: "15m", meaning: "How long to wait for the package, such as `90s`, `15m` or `1h`." },
  "require-checks": { default: "", meaning: "Commit statuses or check runs, one per line, that must pass on the git tag's commit before stable tags are written." },
  "checks-timeout": { default: "0s", meaning: "How long to wait for these checks, such as `30m`." },
  "github-token": { default: "${{ github.token }}", meaning: "Reads the checks, and the commit of a `tag` other than the one that triggered the run." },
} as const

export type InputName = keyof typeof inputs
export type OutputName = "image" | "tag" | "rule" | "is-stable" | "tags" | "stable-tags" | "withheld" | "digest" | "reference" | "record-path" | "json"
