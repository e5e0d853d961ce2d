package detangle.train.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OptimizerNamesTest {
    @Test
    void everyNameMakesAnOptimizer() {
        assertEquals(AdamW.DEFAULT, Optimizers.named("adamw_torch", Map.of()));
        assertEquals(AdamW.DEFAULT, Optimizers.named("adamw_torch_fused", Map.of()));
        assertEquals(XAdam.DEFAULT, Optimizers.named("xadam", Map.of()));
        assertEquals(XAdam.Form.ADMAX, ((XAdam) Optimizers.named("admax", Map.of())).form());
        assertTrue(((XAdam) Optimizers.named("radam", Map.of())).radam());
        Optimizers.names().forEach(name -> assertNotNull(Optimizers.named(name, Map.of())));
    }

    @Test
    void settingsTakeThePlaceOfDefaults() {
        Map<String, String> adam = Map.of("adam_beta1", "0.8", "adam_beta2", "0.9", "adam_epsilon", "1e-3");
        assertEquals(new AdamW(0.8, 0.9, 1e-3, false), Optimizers.named("adamw_torch", adam));
        assertEquals(new XAdam(0.8, 0.9, 1e-3, XAdam.Form.ADAM, false, 0, 0.5), Optimizers.named("xadam", adam));
        assertEquals(new AdamW(0.9, 0.999, 1e-8, true), Optimizers.named("adamw_torch", Map.of("amsgrad", "true")));
        assertEquals(
                new XAdam(0.9, 0.999, 1e-6, XAdam.Form.ADMAX, false, 6, 0.8),
                Optimizers.named("admax", Map.of("lookahead_k", "6", "lookahead_alpha", "0.8")));
    }

    @Test
    void saysWhatIsWrong() {
        assertRefused(
                "there is no optimizer 'adam'; there are adamw_torch, adamw_torch_fused, xadam, admax, radam",
                "adam",
                Map.of());
        assertRefused("the optimizer xadam has no setting [amsgrad]", "xadam", Map.of("amsgrad", "true"));
        assertRefused(
                "amsgrad of the optimizer adamw_torch is 'yes', not true or false",
                "adamw_torch",
                Map.of("amsgrad", "yes"));
        assertRefused(
                "lookahead_k of the optimizer radam is '2.5', which is not a whole number",
                "radam",
                Map.of("lookahead_k", "2.5"));
    }

    private static void assertRefused(String message, String name, Map<String, String> settings) {
        OptimizerException e = assertThrows(OptimizerException.class, () -> Optimizers.named(name, settings));
        assertEquals(message, e.getMessage());
    }
}
