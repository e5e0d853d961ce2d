package detangle.backend.vector;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.KernelCode;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.backend.processor.ThreadCount;
import detangle.backend.vector.kernel.Lanes;
import detangle.backend.vector.kernel.PeakKernels;
import detangle.backend.vector.kernel.Warmup;
import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.KernelOp;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.scalar.Region;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The CPU. */
final class VectorDevice implements Device {
    @Override
    public String name() {
        return VectorBackend.NAME;
    }

    @Override
    public String description() {
        return System.getProperty("os.arch") + ", vectors of " + Lanes.SPECIES.vectorBitSize() + " bits, "
                + ThreadCount.chosen().text() + ", Java "
                + Runtime.version().feature();
    }

    @Override
    public void warmUp() {
        Warmup.begin();
    }

    @Override
    public void deferWarmUp() {
        Warmup.defer();
    }

    /**
     * Returns the generated kernels of elementwise regions; other kernels are written in Java. Loops over vectors
     * ({@link InPlaceRegion}) are not among them, as they are generated at the first run with such operands.
     */
    @Override
    public List<KernelCode> kernels(Plan plan) {
        List<KernelCode> kernels = new ArrayList<>();
        Set<Region> seen = new HashSet<>();
        for (Node node : plan.program().nodes()) {
            if (node.op() instanceof KernelOp.Elementwise(Region region) && seen.add(region.withResult(0))) {
                RegionCode.of(region)
                        .map(RegionCode::classFiles)
                        .orElse(List.of())
                        .forEach(
                                bytes -> kernels.add(new KernelCode("elementwise", "region", bytes, Optional.empty())));
            }
        }
        return kernels;
    }

    @Override
    public List<Node> interpreted(Program program) {
        return Selection.of(program).interpreted();
    }

    @Override
    public boolean projectsPositions() {
        return true;
    }

    @Override
    public Variables variables(Map<String, Tensor> values) {
        return new VectorVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        return new VectorExecutable(plan, VectorVariables.of(variables));
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        int threads = WorkerPool.SHARED.threads();
        return Optional.of(new Peaks(PeakKernels.flops(threads), PeakKernels.bandwidth(threads)));
    }
}
