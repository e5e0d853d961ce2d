package detangle.backend;

/**
 * The peaks of a device, as measured in this process: the roofline of its programs.
 *
 * @param flops fp32 fused multiply-adds a second, each counted as two operations
 * @param bandwidth bytes a second, streamed from main memory
 */
public record Peaks(double flops, double bandwidth) {}
