import { renderReport } from '@lifeguard/core/adapter';
import type { ReportRow } from '@lifeguard/core/adapter';

/** What was asked for cannot be done as it was said; the command ends with 64. */
export class UsageError extends Error {
  constructor(summary: string, rows: readonly ReportRow[]) {
    super(renderReport(summary, rows));
    this.name = 'UsageError';
  }
}
