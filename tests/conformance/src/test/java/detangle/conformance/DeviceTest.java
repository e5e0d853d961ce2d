package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.Backend;
import detangle.ir.Tensor;
import detangle.runtime.Backends;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
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

    private static void check(Fixture fixture, Set<String> hostOperations) {
        SessionOptions options = SessionOptions.DEFAULT
                .withBackend(Optional.of("tornado"))
                .withHostOperations(hostOperations)
                .withHead(Optional.of(fixture.head()));
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
        check(fixture, Set.of());
    }

    static List<String> operations() {
        return Boolean.getBoolean("detangle.devices.all")
                ? List.of("packed_attention", "linear", "layer_norm", "embedding", "gather", "scatter_add")
                : List.of("packed_attention");
    }

    @ParameterizedTest
    @MethodSource("operations")
    void matchesWithoutOneKernel(String operation) {
        check(Fixture.named("v3-tokcls"), Set.of(operation));
    }
}
