package detangle.bench;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import java.util.Optional;

/**
 * One line of a report.
 *
 * @param precision in which the backend computed: fp32, tf32, fp16 or bf16
 * @param mix the lengths of the sequences where they differ; {@code seq} is the longest then
 * @param busy how many processes kept processors busy meanwhile
 * @param tokensPerS tokens a second, padding not counted
 * @param gflops 10^9 floating-point operations a second of the work that the tokens need
 * @param peakShare of the FMA peak that this process measured
 * @param rssMb peak resident memory, MiB
 * @param weightType f16 or bf16 where weights were rounded to it
 * @param nmse normalised mean squared error of the outputs against those in fp32 with weights as stored, of the first
 *     backend or, where other precisions are measured, of the CPU: the squares of differences over those of the values
 * @param maxDifference the largest difference of an output from those
 * @param clean whether no other process disturbed the runs
 * @param noDataTransfers true where outputs stayed on the device, so that no copy of them is in the times
 * @param oneByOneP50Ms of the same sequences one after another, for a mix
 * @param peers by the name of the runtime, for Detangle's export; for a model that was given, the name of its file or
 *     folder follows
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
public record ReportLine(
        String model,
        String head,
        String backend,
        Optional<String> precision,
        int batch,
        int seq,
        Optional<String> mix,
        int threads,
        int busy,
        int iterations,
        double p50Ms,
        double p90Ms,
        double p99Ms,
        double tokensPerS,
        double gflops,
        Optional<Double> peakShare,
        Optional<Double> rssMb,
        Optional<String> weightType,
        Optional<Double> nmse,
        Optional<Double> maxDifference,
        boolean clean,
        Optional<Boolean> noDataTransfers,
        Optional<Double> oneByOneP50Ms,
        Map<String, Peer> peers) {
    /**
     * Another runtime at the same work, in the same rounds.
     *
     * @param model the file that it ran
     * @param ratio Detangle's median over this one's: below 1 Detangle is faster
     */
    @JsonInclude(JsonInclude.Include.NON_ABSENT)
    public record Peer(
            String model,
            double p50Ms,
            double ratio,
            Optional<Double> rssMb,
            Optional<Double> oneByOneP50Ms,
            Optional<Double> oneByOneRatio) {}
}
