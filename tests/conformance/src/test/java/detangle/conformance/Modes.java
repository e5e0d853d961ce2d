package detangle.conformance;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.runtime.OptionValues;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.Closeness;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A process of {@link ModesTest}: all fixtures, with weights as they are stored and in 16 bits. What rounding weights
 * costs is bounded for all outputs of a fixture at once; what kernels make of rounded weights is as exact as of
 * others.
 */
final class Modes {
    private static final Map<DType, Double> ROUNDING = Map.of(DType.F16, 1e-5, DType.BF16, 1e-3);

    private static final double KERNELS = 1e-10;

    private Modes() {}

    /** With an argument, rounded weights are run by the interpreter too, which takes most of the time. */
    public static void main(String[] args) {
        int compared = 0;
        for (Fixture fixture : Fixture.all().toList()) {
            Map<String, Tensor> stored = run(fixture, "vector", Optional.empty());
            compared += fixture.compareOutputs(stored, 1);
            for (DType dtype : ROUNDING.keySet()) {
                Map<String, Tensor> rounded = run(fixture, "vector", Optional.of(dtype));
                check(
                        fixture + " in " + dtype.text(),
                        "rounding",
                        Closeness.nmse(stored, rounded),
                        ROUNDING.get(dtype));
                if (args.length > 0) {
                    Map<String, Tensor> expected = run(fixture, "reference", Optional.of(dtype));
                    check(fixture + " in " + dtype.text(), "kernels", Closeness.nmse(expected, rounded), KERNELS);
                }
            }
        }
        System.out.println("compared " + compared);
    }

    private static void check(String what, String cause, double error, double limit) {
        if (!(error <= limit)) {
            throw new AssertionError(what + ": " + cause + " cost " + error + ", more than " + limit);
        }
    }

    private static Map<String, Tensor> run(Fixture fixture, String backend, Optional<DType> weights) {
        SessionOptions options = OptionValues.with(
                SessionOptions.DEFAULT.withBackend(backend).withHead(fixture.head()),
                weights,
                SessionOptions::withWeightType);
        Map<String, Tensor> outputs = new HashMap<>();
        try (Session session = Session.load(fixture.folder(), options)) {
            for (Fixture.Case c : fixture.cases()) {
                session.run(c.inputs()).forEach((key, value) -> outputs.put(c.name() + "." + key, value));
            }
        }
        return outputs;
    }
}
