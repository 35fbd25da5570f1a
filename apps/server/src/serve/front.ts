/** A way in to the composed server. */
export interface Front {
  /** Takes no new clients and calls; what runs goes on. */
  stop(): void;
  /** Ends what is left. */
  close(): Promise<void>;
}
