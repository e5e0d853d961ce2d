package detangle.train.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SchedulesTest {
    private static final double TOLERANCE = 1e-12;

    @Test
    void microsoftsAgreeWithTheOriginal() {
        Set<String> seen = new HashSet<>();
        for (JsonNode c : Numbers.read("schedules.json").path("original")) {
            String name = c.path("name").asString();
            MicrosoftSchedule.Form form = MicrosoftSchedule.Form.valueOf(name.toUpperCase(java.util.Locale.ROOT));
            long total = c.path("total").asLong();
            double warmup = c.path("warmup").asDouble();
            double ends = c.path("ends").asDouble();
            JsonNode factors = c.path("factors");
            if (factors.valueStream().anyMatch(JsonNode::isString)) {
                // The original divides by zero at some step.
                assertThrows(OptimizerException.class, () -> MicrosoftSchedule.of(form, total, warmup, ends));
                continue;
            }
            check(name + " of " + total, MicrosoftSchedule.of(form, total, warmup, ends), c);
            seen.add(name);
        }
        assertEquals(MicrosoftSchedule.Form.values().length, seen.size());
    }

    @Test
    void huggingFacesAgreeWithTheOriginal() {
        int errors = 0;
        for (JsonNode c : Numbers.read("schedules.json").path("huggingface")) {
            String name = c.path("name").asString();
            long warmup = c.path("warmup_steps").asLong();
            long total = c.path("total_steps").asLong();
            double rate = c.path("lr").asDouble();
            Map<String, String> settings = new HashMap<>();
            c.path("kwargs")
                    .properties()
                    .forEach(e -> settings.put(e.getKey(), e.getValue().asString()));
            if (c.has("error")) {
                assertThrows(OptimizerException.class, () -> Schedules.named(name, warmup, total, rate, settings));
                errors++;
                continue;
            }
            check(name + settings + " of " + total, Schedules.named(name, warmup, total, rate, settings), c);
        }
        assertEquals(4, errors, "the original divides by zero where a polynomial has no updates");
    }

    private static void check(String name, Schedule schedule, JsonNode c) {
        double[] factors = Numbers.doubles(c.path("factors"));
        for (int i = 0; i < factors.length; i++) {
            long step = c.path("steps").path(i).asLong();
            assertEquals(factors[i], schedule.factor(step), TOLERANCE, name + " at step " + step);
        }
    }

    @Test
    void plateausAgreeWithTheOriginal() {
        for (JsonNode c : Numbers.read("schedules.json").path("reduce_lr_on_plateau")) {
            JsonNode kwargs = c.path("kwargs");
            Map<String, String> settings = new HashMap<>();
            kwargs.properties()
                    .forEach(e -> settings.put(e.getKey(), e.getValue().asString()));
            Schedule state = Schedules.named(ReduceOnPlateau.NAME, 0, 100, 1, settings);
            double[] metrics = Numbers.doubles(c.path("metrics"));
            double[] rates = Numbers.doubles(c.path("lr_after_each"));
            for (int i = 0; i < metrics.length; i++) {
                state = state.after(metrics[i]);
                assertEquals(rates[i], state.factor(i), TOLERANCE, kwargs + " after " + i);
            }
        }
    }

    private static ReduceOnPlateau plateau(double rate, Map<String, String> settings) {
        return (ReduceOnPlateau) Schedules.named(ReduceOnPlateau.NAME, 0, 100, rate, settings);
    }

    /** PyTorch's min_lr and eps are rates themselves: of 1e-5, a fall to 1e-6 is one of 9e-6. */
    @Test
    void aPlateauEndsAtTheLeastRate() {
        Map<String, String> settings = Map.of("patience", "0", "min_lr", "2e-6");
        Schedule falling = plateau(1e-5, settings).after(1).after(1);
        assertEquals(0.2, falling.factor(2), TOLERANCE);
        assertEquals(0.2, falling.after(1).factor(3), TOLERANCE);
        assertEquals(
                1,
                plateau(1e-5, Map.of("patience", "0", "eps", "9.1e-6"))
                        .after(1)
                        .after(1)
                        .factor(2));
    }

    /** An improvement of 0.4 is more than a tenth of 3, and not more than a difference of 0.5. */
    @Test
    void theThresholdOfAPlateauIsAShareOrADifference() {
        Map<String, String> share = Map.of("patience", "0", "threshold", "0.1");
        assertEquals(1, plateau(1, share).after(3).after(2.6).rate());
        Map<String, String> difference = Map.of("patience", "0", "threshold", "0.5", "threshold_mode", "abs");
        assertEquals(0.1, plateau(1, difference).after(3).after(2.6).rate());
        assertEquals(1, plateau(1, difference).after(3).after(2.4).rate());
    }

    @Test
    void warmupOfOneOrMoreIsANumberOfUpdates() {
        MicrosoftSchedule.Form form = MicrosoftSchedule.Form.WARMUP_LINEAR;
        assertEquals(MicrosoftSchedule.of(form, 20, 0.25, 0), MicrosoftSchedule.of(form, 20, 5, 0));
        OptimizerException e = assertThrows(OptimizerException.class, () -> MicrosoftSchedule.of(form, 20, 20, 0));
        assertTrue(e.getMessage().endsWith("or a number of updates below 20"), e.getMessage());
    }

    @Test
    void saysWhatIsWrong() {
        assertRefused("there is no schedule 'linaer'; there are linear, cosine", "linaer", Map.of());
        assertRefused("the schedule linear has no setting [power]", "linear", Map.of("power", "2"));
        assertRefused("power of the schedule polynomial is 'two'", "polynomial", Map.of("power", "two"));
        assertRefused("needs one of the settings min_lr and min_lr_rate", "cosine_with_min_lr", Map.of());
        assertRefused("needs the setting num_decay_steps", "warmup_stable_decay", Map.of());
        assertRefused("has no setting [patients]", ReduceOnPlateau.NAME, 0, Map.of("patients", "2"));
        assertRefused(
                "mode of the schedule reduce_lr_on_plateau is 'up'", ReduceOnPlateau.NAME, 0, Map.of("mode", "up"));
        assertRefused("reduce_lr_on_plateau has no warm-up", ReduceOnPlateau.NAME, Map.of());
        for (Map.Entry<String, String> wrong : Map.of("factor", "1", "patience", "-1", "cooldown", "0.5", "eps", "-1")
                .entrySet()) {
            assertThrows(OptimizerException.class, () -> plateau(1, Map.ofEntries(wrong)), wrong.getKey());
        }
    }

    private static void assertRefused(String message, String name, Map<String, String> settings) {
        assertRefused(message, name, 1, settings);
    }

    private static void assertRefused(String message, String name, long warmup, Map<String, String> settings) {
        OptimizerException e =
                assertThrows(OptimizerException.class, () -> Schedules.named(name, warmup, 10, 1e-3, settings));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void everyNameMakesASchedule() {
        for (String name : Schedules.names()) {
            Map<String, String> settings = switch (name) {
                case "cosine_with_min_lr", "cosine_warmup_with_min_lr" -> Map.of("min_lr", "1e-4");
                case "warmup_stable_decay" -> Map.of("num_decay_steps", "3");
                default -> Map.of();
            };
            int warmup = name.equals(ReduceOnPlateau.NAME) ? 0 : 2;
            double factor = Schedules.named(name, warmup, 10, 1e-3, settings).factor(5);
            assertTrue(factor >= 0 && factor <= 1, name + " gives " + factor);
        }
    }
}
