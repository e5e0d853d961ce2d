package detangle.backend.vector;

import detangle.backend.BackendException;
import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.KernelCode;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.backend.processor.ThreadCount;
import detangle.backend.vector.amx.MatrixUnits;
import detangle.backend.vector.amx.MatrixUnits.Answer;
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

/** The CPU. In bf16 it multiplies with the matrix unit, or as it does in Java; all else has 32 bits. */
final class VectorDevice implements Device {
    private final ComputePrecision precision;

    VectorDevice() {
        this(ComputePrecision.FP32);
    }

    private VectorDevice(ComputePrecision precision) {
        this.precision = precision;
    }

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
    public Optional<String> matrixUnit() {
        return Optional.of(
                switch (MatrixUnits.answer()) {
                    case Answer.Present present -> "AMX, products in bf16";
                    case Answer.Absent(String why) -> "no AMX: " + why;
                });
    }

    @Override
    public List<ComputePrecision> precisions() {
        boolean multiplies = MatrixUnits.answer() instanceof Answer.Present || ComputePrecision.isEmulated();
        return multiplies ? List.of(ComputePrecision.FP32, ComputePrecision.BF16) : List.of(ComputePrecision.FP32);
    }

    @Override
    public ComputePrecision fastestPrecision() {
        return MatrixUnits.answer() instanceof Answer.Present ? ComputePrecision.BF16 : ComputePrecision.FP32;
    }

    @Override
    public Device withPrecision(ComputePrecision wanted) {
        if (wanted == precision) {
            return this;
        }
        // The system is not asked for a matrix unit by those who compute in fp32.
        if (wanted == ComputePrecision.FP32 || precisions().contains(wanted)) {
            return new VectorDevice(wanted);
        }
        if (wanted == ComputePrecision.BF16 && MatrixUnits.answer() instanceof Answer.Absent(String why)) {
            throw new BackendException(name() + " cannot compute in bf16, as there is no matrix unit: " + why
                    + "; --emulate computes the same numbers in Java, slowly");
        }
        return Device.super.withPrecision(wanted);
    }

    /** Returns this device in fp32: what is computed once is not rounded. */
    @Override
    public Device host() {
        return precision == ComputePrecision.FP32 ? this : new VectorDevice();
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
                        .forEach(bytes -> kernels.add(
                                new KernelCode("elementwise", "region", Optional.of(bytes), Optional.empty())));
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
        return new VectorExecutable(plan, VectorVariables.of(variables), precision);
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        int threads = WorkerPool.SHARED.threads();
        return Optional.of(new Peaks(PeakKernels.flops(threads), PeakKernels.bandwidth(threads)));
    }
}
