package detangle.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Kernels against a roofline.
 *
 * @param peakGflops 10^9 floating-point operations a second at best, measured
 * @param peakGbPerS 10^9 bytes a second at best, measured
 */
public record OpReport(Host host, double peakGflops, double peakGbPerS, List<OpTime> results) implements Report {
    public OpReport {
        results = List.copyOf(results);
    }

    /**
     * Kernels of one operation and one set of shapes.
     *
     * @param calls in one forward pass
     * @param msPerCall the median
     * @param roofline the time that arithmetic or memory needs at the machine's peaks, over the time taken
     */
    public record OpTime(
            String model,
            String kernel,
            String operands,
            int batch,
            int seq,
            int threads,
            int calls,
            double msPerCall,
            double msInAll,
            double gflops,
            double gbPerS,
            double roofline) {}

    @Override
    public List<List<String>> table() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "model",
                "kernel",
                "operands",
                "batch",
                "seq",
                "calls",
                "ms a call",
                "ms in all",
                "GFLOP/s",
                "GB/s",
                "of roofline"));
        for (OpTime r : results) {
            rows.add(List.of(
                    r.model(),
                    r.kernel(),
                    r.operands(),
                    Integer.toString(r.batch()),
                    Integer.toString(r.seq()),
                    Integer.toString(r.calls()),
                    Cells.number("%.3f", r.msPerCall()),
                    Cells.number("%.2f", r.msInAll()),
                    Cells.number("%.1f", r.gflops()),
                    Cells.number("%.1f", r.gbPerS()),
                    Cells.percent(r.roofline())));
        }
        return rows;
    }

    @Override
    public int words() {
        return 3;
    }
}
