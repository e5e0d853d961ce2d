package detangle.train.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ParameterGroupsTest {
    @Test
    void biasesAndNormsDoNotDecay() {
        for (DecayRule rule : DecayRule.values()) {
            assertFalse(rule.decays("deberta.encoder.layer.0.output.LayerNorm.weight"));
            assertFalse(rule.decays("deberta.encoder.layer.0.output.LayerNorm.bias"));
            assertFalse(rule.decays("deberta.encoder.LayerNorm.weight"));
            assertFalse(rule.decays("classifier.bias"));
            assertFalse(rule.decays("deberta.encoder.layer.0.attention.self.q_bias"));
            assertTrue(rule.decays("deberta.encoder.rel_embeddings.weight"));
            assertTrue(rule.decays("deberta.embeddings.word_embeddings.weight"));
            assertTrue(rule.decays("deberta.encoder.conv.conv.weight"));
            assertTrue(rule.decays("pooler.dense.weight"));
        }
    }

    /** Heads of users' own have names that only HuggingFace's rule knows. */
    @Test
    void namesOfOtherNorms() {
        for (String name : List.of("head.norm.weight", "norm", "final_norm.weight", "head.layernorm.weight")) {
            assertFalse(DecayRule.HUGGINGFACE.decays(name), name);
            assertTrue(DecayRule.MICROSOFT.decays(name), name);
        }
        assertTrue(DecayRule.HUGGINGFACE.decays("head.normal.weight"));
    }

    @Test
    void ratesFallTowardsTheEmbeddings() {
        ParameterGroups groups =
                new ParameterGroups(DecayRule.HUGGINGFACE, 0.01, 3, 0.8, OptionalDouble.of(2.5), FrozenParameters.NONE);
        assertRate(2.5, groups, "classifier.weight");
        assertRate(2.5, groups, "pooler.dense.bias");
        assertRate(0.8, groups, "deberta.encoder.layer.2.output.dense.weight");
        assertRate(0.64, groups, "deberta.encoder.layer.1.output.dense.weight");
        assertRate(0.512, groups, "deberta.encoder.conv.conv.weight");
        assertRate(0.4096, groups, "deberta.encoder.rel_embeddings.weight");
        assertRate(0.4096, groups, "deberta.encoder.LayerNorm.bias");
        assertRate(0.4096, groups, "deberta.embeddings.word_embeddings.weight");
        assertEquals(0.01, groups.of("classifier.weight").weightDecay());
        assertEquals(0, groups.of("classifier.bias").weightDecay());
    }

    @Test
    void whatIsFrozenIsNamedByItsBeginningOrByAPattern() {
        List<String> names = List.of(
                "deberta.embeddings.LayerNorm.weight",
                "deberta.encoder.layer.0.output.dense.bias",
                "deberta.encoder.layer.10.output.dense.bias",
                "classifier.bias");
        FrozenParameters first = FrozenParameters.NONE.withPrefixes(List.of("deberta.encoder.layer.0."));
        assertEquals(Set.of(names.get(1)), first.among(names));
        assertEquals(
                Set.of(names.get(0), names.get(1)),
                first.withPatterns(List.of(".*LayerNorm.*")).among(names));
        FrozenParameters biases =
                FrozenParameters.NONE.withPatterns(List.of("deberta\\..*layer\\.(0|1)\\..*", "[a-z]+.bias"));
        assertEquals(Set.of(names.get(1), names.get(3)), biases.among(names));
        assertEquals(Set.of(), FrozenParameters.NONE.among(names));
        assertRefused(
                "'layer' is to be frozen, and no parameter's name matches it as a whole; they are classifier.bias, ",
                "layer");
        assertRefused("'layer.[0' says what is to be frozen, and a class of it does not end", "layer.[0");
        assertRefused("'*' says what is to be frozen, and it has '*', which is not supported", "*");
        String slow = "(([a-z.]*[a-z_0-9.]*)*)*!";
        assertRefused("'" + slow + "' says what is to be frozen, and it takes too long", slow);
    }

    private static void assertRefused(String message, String pattern) {
        FrozenParameters frozen = FrozenParameters.NONE.withPatterns(List.of(pattern));
        OptimizerException e =
                assertThrows(OptimizerException.class, () -> frozen.among(List.of("classifier.bias", "d".repeat(60))));
        assertTrue(e.getMessage().startsWith(message), e.getMessage());
    }

    private static void assertRate(double expected, ParameterGroups groups, String parameter) {
        assertEquals(expected, groups.of(parameter).rateFactor(), 1e-12, parameter);
    }

    @Test
    void refusesNumbersWithoutAMeaning() {
        assertThrows(OptimizerException.class, () -> new ParameterGroup(-1, 0));
        assertThrows(OptimizerException.class, () -> new ParameterGroup(1, Double.NaN));
        assertThrows(OptimizerException.class, () -> new AdamW(1, 0.999, 1e-8, false));
        assertThrows(OptimizerException.class, () -> new AdamW(0.9, 0.999, -1, false));
        assertThrows(
                OptimizerException.class,
                () -> new ParameterGroups(
                        DecayRule.HUGGINGFACE, 0, 2, 0, OptionalDouble.empty(), FrozenParameters.NONE));
    }
}
