package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.Backend;
import detangle.backend.Device;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Place;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.runtime.Backends;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.Closeness;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fixtures on the first device beside the CPU, where there is one: three of them, or all with
 * {@code -Ddetangle.devices.all=true}.
 */
class DeviceTest {
    private static final List<String> FEW = List.of("v1-encoder", "v2-conv-mlm-emd", "v3-tokcls");

    /** Hidden states to 1e-4. */
    private static final double LOOSER = 1e-4 / Fixture.HIDDEN_STATES;

    @BeforeAll
    static void find() {
        Optional<Backend> tornado =
                Backends.all().stream().filter(b -> b.name().equals("tornado")).findFirst();
        String why = tornado.map(b -> b.unavailable().orElse("")).orElse("this build is without the profile tornado");
        if (!why.isEmpty()) {
            System.out.println("No device is tested: " + why);
        }
        assumeTrue(why.isEmpty());
    }

    static Stream<Fixture> fixtures() {
        return Boolean.getBoolean("detangle.devices.all")
                ? Fixture.all()
                : FEW.stream().map(Fixture::named);
    }

    /** Compares what a session on a device gives with the fixture's outputs. */
    static void check(Fixture fixture, String backend, Set<String> hostOperations) {
        SessionOptions options = SessionOptions.DEFAULT
                .withBackend(backend)
                .withHostOperations(hostOperations)
                .withHead(fixture.head());
        Map<String, Tensor> outputs = new HashMap<>();
        try (Session session = Session.load(fixture.folder(), options)) {
            for (Fixture.Case c : fixture.cases()) {
                session.run(c.inputs()).forEach((key, value) -> outputs.put(c.name() + "." + key, value));
            }
        }
        assertTrue(fixture.compareOutputs(outputs, LOOSER) > 0, "nothing was compared");
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void matches(Fixture fixture) {
        check(fixture, "tornado", Set.of());
    }

    /** A fixture, and a kind of operations that the device runs of it. A reshape is not work: it stays where it is. */
    record Without(Fixture fixture, String operation) {
        @Override
        public String toString() {
            return fixture + " without " + operation;
        }
    }

    static Stream<Without> withoutOne() {
        return Boolean.getBoolean("detangle.devices.all")
                ? Fixture.all()
                        .flatMap(f -> onDevice(place(f, Set.of())).stream()
                                .filter(o -> !o.equals("reshape"))
                                .map(o -> new Without(f, o)))
                : Stream.of(new Without(Fixture.named("v3-tokcls"), "packed_attention"));
    }

    /** What the device runs of a placed program. */
    private static Set<String> onDevice(Program placed) {
        Set<Node> there = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<String> operations = new TreeSet<>();
        for (Node node : placed.nodes()) {
            if (node.op() instanceof TensorOp.Transfer(var to)) {
                if (to == Place.DEVICE) {
                    there.add(node);
                }
            } else if (node.inputs().stream().anyMatch(there::contains)) {
                there.add(node);
                operations.add(node.op().mnemonic());
            }
        }
        return operations;
    }

    private static Program place(Fixture fixture, Set<String> hostOperations) {
        return Backends.device(Optional.of("tornado"), hostOperations).place(fixture.compiled(Optional.empty()));
    }

    @ParameterizedTest
    @MethodSource("withoutOne")
    void matchesWithoutOneKernel(Without without) {
        Set<String> operation = Set.of(without.operation());
        assertFalse(onDevice(place(without.fixture(), operation)).contains(without.operation()));
        check(without.fixture(), "tornado", operation);
    }

    /** A fixture in a precision of 16 bits. */
    record Narrow(Fixture fixture, NarrowBounds bounds) {
        @Override
        public String toString() {
            return fixture + " in " + bounds.precision();
        }
    }

    static Stream<Narrow> narrow() {
        return fixtures().flatMap(f -> Stream.of(NarrowBounds.values()).map(bounds -> new Narrow(f, bounds)));
    }

    /** Values of 16 bits, where the device has them. */
    @ParameterizedTest
    @MethodSource("narrow")
    void matchesInSixteenBits(Narrow narrow) {
        Device device = Backends.device(Optional.of("tornado"), Set.of());
        assumeTrue(device.precisions().contains(narrow.bounds().precision()));
        check(narrow, "tornado");
    }

    static void check(Narrow narrow, String backend) {
        SessionOptions options =
                SessionOptions.DEFAULT.withHead(narrow.fixture().head());
        Fixture.Case c = narrow.fixture().cases().getFirst();
        try (Session cpu = Session.load(narrow.fixture().folder(), options);
                Session other = Session.load(
                        narrow.fixture().folder(),
                        options.withBackend(backend)
                                .withPrecision(narrow.bounds().precision()))) {
            narrow.bounds().checkOnDevice(narrow.fixture().name(), cpu.run(c.inputs()), other.run(c.inputs()));
        }
    }

    /** Weights of 16 bits are read as such by the device: the same numbers as on the CPU. */
    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F16", "BF16"})
    void matchesTheCpuWithNarrowWeights(DType weightType) {
        Fixture fixture = Fixture.named("v3-tokcls");
        SessionOptions options = SessionOptions.DEFAULT.withWeightType(weightType);
        Fixture.Case c = fixture.cases().getFirst();
        try (Session cpu = Session.load(fixture.folder(), options);
                Session device = Session.load(fixture.folder(), options.withBackend("tornado"))) {
            double error = Closeness.nmse(cpu.run(c.inputs()), device.run(c.inputs()));
            assertTrue(error < 1e-10, "they differ by " + error);
        }
    }
}
