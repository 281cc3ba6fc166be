/** The version of this project; a test keeps it equal to package.json's. */
export const VERSION = '1.0.0'

/** How this project names itself to the servers that it asks. */
export const USER_AGENT = `stable-release-action/${VERSION} (+https://github.com/dmwm/stable-release-action)`
