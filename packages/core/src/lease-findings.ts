/** What has been found against one lease, and told of it. Made with the first finding; most leases never have one. */
export interface LeaseFindings {
  /** Bits of evidence that has been reported; see {@link Evidence}. */
  evidence: number;
  /** 0 before the first report. */
  reportId: number;
  /** The handle is garbage. */
  collected: boolean;
  /** The number of the sweep that reported it first, and of the one that first did so for more than being slow; 0 before. */
  reportedInSweep: number;
  suspectedInSweep: number;
  /** It was released after it had been taken back, and that was told. */
  cameBack: boolean;
}

/** Of a lease against which nothing has been found. */
export const NO_FINDINGS: Readonly<LeaseFindings> = Object.freeze({
  evidence: 0,
  reportId: 0,
  collected: false,
  reportedInSweep: 0,
  suspectedInSweep: 0,
  cameBack: false,
});
