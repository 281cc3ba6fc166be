/**
 * Runs a command in an image, and gives back what it says. Not in the foreground: on a busy machine docker may lose what so
 * short a container says.
 */
export const runImage = async (
  docker: (...args: string[]) => Promise<string>,
  reference: string,
  ...command: string[]
): Promise<string> => {
  const container = (await docker('run', '--detach', '--network=host', reference, ...command)).trim()
  try {
    const status = (await docker('wait', container)).trim()
    const said = await docker('logs', container)
    if (status !== '0') throw new Error(`${command.join(' ')} ended with status ${status}:\n${said}`)
    return said
  } finally {
    await docker('rm', '--force', container)
  }
}
