package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.Device;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.TensorOp;
import detangle.runtime.Backends;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Trainings on devices agree with the original code and HuggingFace's as trainings on the CPU do, in losses, norms of
 * gradients and parameters, and leave no operation to the CPU. Emulated devices run the kernels for GPUs in Java. With
 * {@code -Ddetangle.devices.all=true} all fixtures are trained on them, and one on TornadoVM's first device, whose driver
 * takes minutes to compile a step.
 */
class DeviceTrainingTest {
    private static final boolean ALL = Boolean.getBoolean("detangle.devices.all");

    @TempDir
    private Path folder;

    /** A fixture on a backend. */
    record Training(String fixture, String backend) {}

    @BeforeAll
    static void find() {
        EmulatedFixtureTest.find();
    }

    static Stream<Training> emulated() {
        return ALL
                ? Stream.concat(TrainingFixture.steps().stream(), TrainingFixture.sift().stream())
                        .flatMap(fixture -> Stream.of("emulator:kernels", "emulator:library")
                                .map(backend -> new Training(fixture, backend)))
                : Stream.of(
                        new Training("regression-v3", "emulator:kernels"),
                        new Training("seqcls-v3-hf5-accum", "emulator:library"));
    }

    @ParameterizedTest
    @MethodSource("emulated")
    void agreesWithTheOriginals(Training training) {
        TrainingStepsTest.check(TrainingFixture.named(training.fixture), training.backend);
    }

    @Test
    void agreesOnADevice() {
        assumeTrue(ALL, "-Ddetangle.devices.all=true trains on a device");
        DeviceTest.find();
        TrainingStepsTest.check(TrainingFixture.named("seqcls-v3-hf"), "tornado");
    }

    /** Models of the two architectures with the most kinds of operations, with each head. */
    @Test
    void leavesNothingToTheCpu() throws IOException {
        Device device = Backends.all().stream()
                .filter(backend -> backend.name().equals("emulator"))
                .findFirst()
                .orElseThrow()
                .devices()
                .getFirst();
        for (String released :
                ALL ? List.of("deberta-base", "deberta-v2-xlarge", "deberta-v3-base") : List.of("deberta-v2-xlarge")) {
            Path config = SharedFiles.require("configs/" + released);
            Map<String, Set<String>> left = NoInterpreterInTrainingTest.lacking(
                    SmallConfigs.small(config, folder, Map.of()), program -> without(device, program));
            assertEquals(Map.of(), left, released);
        }
    }

    /** Returns the nodes that are computed at each run and that a device has no kernel for. */
    private static List<Node> without(Device device, Program program) {
        return program.eachRun().stream()
                .filter(node -> !(node.op() instanceof TensorOp.Input || node.op() instanceof TensorOp.Param))
                .filter(node -> !device.runs(node))
                .toList();
    }
}
