/** A test keeps it equal to package.json's. */
export const VERSION = '1.0.0'

export const USER_AGENT = `stable-release-action/${VERSION} (+https://github.com/dmwm/stable-release-action)`
