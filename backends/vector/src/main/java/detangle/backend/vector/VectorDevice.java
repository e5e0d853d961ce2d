package detangle.backend.vector;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.vector.kernel.Lanes;
import detangle.backend.vector.kernel.PeakKernels;
import detangle.backend.vector.kernel.Warmup;
import detangle.backend.vector.kernel.WorkerPool;
import java.util.Optional;

/** The CPU. */
final class VectorDevice implements Device {
    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String description() {
        return System.getProperty("os.arch") + ", vectors of " + Lanes.SPECIES.vectorBitSize() + " bits, "
                + WorkerPool.SHARED.threads() + " threads, Java "
                + Runtime.version().feature();
    }

    @Override
    public void warmUp() {
        Warmup.begin();
    }

    @Override
    public Executable load(Plan plan) {
        return new VectorExecutable(plan);
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        int threads = WorkerPool.SHARED.threads();
        return Optional.of(new Peaks(PeakKernels.flops(threads), PeakKernels.bandwidth(threads)));
    }
}
