import { ReleaseError } from '../errors.ts'
import type { Conclude } from '../log.ts'
import { oneLine } from '../text.ts'

export async function runStage<T>(
  run: (conclude: Conclude) => Promise<T>,
  end: (conclusion: string, isFailed: boolean) => void,
): Promise<T> {
  let conclusion = 'done'
  let isFailed = false
  try {
    return await run((line, verdict) => {
      conclusion = oneLine(line)
      isFailed = verdict === 'failed'
    })
  } catch (error) {
    conclusion = describeFailure(error)
    isFailed = true
    throw error
  } finally {
    end(conclusion, isFailed)
  }
}

function describeFailure(error: unknown) {
  if (!(error instanceof ReleaseError)) return 'failed'
  return error.name === 'interrupted' ? 'interrupted' : `failed with ${error.name}: ${error.title}`
}
