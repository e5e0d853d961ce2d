package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Plan;
import detangle.experiment.head.EntityChoice;
import detangle.experiment.head.WordClasses;
import detangle.experiment.head.WordPair;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.adapter.TargetModules;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.SiftOptions;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.runtime.Backends;
import detangle.testing.SharedFiles;
import detangle.train.TrainingPrograms;
import detangle.train.lora.LoraModel;
import detangle.train.lora.LoraOptions;
import detangle.train.optimizer.AdamW;
import detangle.train.optimizer.Clipping;
import detangle.train.optimizer.DecayRule;
import detangle.train.optimizer.ParameterGroups;
import detangle.train.optimizer.ParameterUpdates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No step of training, of any released model with any head and with dropout, leaves an operation to the interpreter on
 * the CPU. The configurations are the released ones with smaller sizes.
 */
class NoInterpreterInTrainingTest {
    @TempDir
    Path folder;

    static Stream<Path> released() {
        return SmallConfigs.released();
    }

    @ParameterizedTest
    @MethodSource("released")
    void releasedModels(Path released) throws IOException {
        check(SmallConfigs.small(released, folder, Map.of()));
    }

    @Test
    void withAbsolutePositionsAndTokenTypes() throws IOException {
        Path released = SharedFiles.require("configs/deberta-v3-base");
        check(SmallConfigs.small(released, folder, Map.of("position_biased_input", true, "type_vocab_size", 2)));
    }

    /** Trains the heads of the original's tasks that no published model has. */
    @Test
    void headsOfTasks() throws IOException {
        DebertaConfig config = SmallConfigs.small(SharedFiles.require("configs/deberta-v3-base"), folder, Map.of());
        Map<String, Set<String>> interpreted = new TreeMap<>();
        for (Record own : List.of(new WordClasses(9), new EntityChoice(), new WordPair(2))) {
            Program program = TrainingModel.build(config, (Head) own, (HeadLoss) own, TrainingModelOptions.DEFAULT);
            addLacking(program, false, own.toString(), NoInterpreterInTrainingTest::interpretedByVector, interpreted);
            addLacking(program, true, own.toString(), NoInterpreterInTrainingTest::interpretedByVector, interpreted);
        }
        assertEquals(Map.of(), interpreted);
    }

    private static void check(DebertaConfig config) {
        assertEquals(Map.of(), lacking(config, NoInterpreterInTrainingTest::interpretedByVector));
    }

    private static List<Node> interpretedByVector(Program program) {
        return Backends.device(Optional.of("vector"), Set.of()).interpreted(program);
    }

    /**
     * Returns the operations for which a device lacks a kernel in steps of training with any head, by name, with where
     * they are.
     *
     * @param lacking returns the nodes of a program for which the device lacks a kernel
     */
    static Map<String, Set<String>> lacking(DebertaConfig config, Function<Program, List<Node>> lacking) {
        Map<String, Set<String>> interpreted = new TreeMap<>();
        int programs = 0;
        for (Architecture head : Architecture.values()) {
            if (head == Architecture.ENCODER) {
                continue;
            }
            TrainingModelOptions options = TrainingModelOptions.of(head);
            for (boolean packed : new boolean[] {false, true}) {
                addLacking(TrainingModel.build(config, head, options), packed, head.text(), lacking, interpreted);
            }
            Program other = TrainingModel.build(config, head, otherOptions(head));
            addLacking(other, head == Architecture.QUESTION_ANSWERING, head.text(), lacking, interpreted);
            programs += 3;
        }
        for (Architecture head : List.of(Architecture.SEQUENCE_CLASSIFICATION, Architecture.MULTIPLE_CHOICE)) {
            Program sift = TrainingModel.build(
                    config, head, TrainingModelOptions.of(head).with(SiftOptions.DEFAULT));
            addLacking(sift, false, "sift " + head.text(), lacking, interpreted);
            addLacking(sift, true, "sift " + head.text(), lacking, interpreted);
        }
        assertTrue(programs > 0);
        addAdapters(config, lacking, interpreted);
        return interpreted;
    }

    private static void addAdapters(
            DebertaConfig config, Function<Program, List<Node>> lacking, Map<String, Set<String>> interpreted) {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        Program whole = TrainingModel.build(config, head, TrainingModelOptions.of(head));
        Map<String, Tensor> weights = RandomWeights.of(whole);
        LoraOptions everywhere = LoraOptions.DEFAULT.withTargets(new TargetModules.AllLinear());
        for (LoraOptions options : List.of(
                everywhere,
                everywhere.withDropout(0.1).withFrozenType(DType.BF16),
                everywhere.withDora(true),
                everywhere.withDora(true).withDropout(0.1).withFrozenType(DType.F16))) {
            Program adapted = LoraModel.of(whole, config, options).withConstants(weights::get);
            for (boolean packed : new boolean[] {false, true}) {
                addLacking(adapted, packed, options.toString(), lacking, interpreted);
            }
        }
    }

    private static void addLacking(
            Program model,
            boolean packed,
            String head,
            Function<Program, List<Node>> lacking,
            Map<String, Set<String>> interpreted) {
        ParameterUpdates.Plan updates = new ParameterUpdates.Plan(
                AdamW.DEFAULT,
                new Clipping(1, Clipping.Rule.TORCH),
                ParameterGroups.of(DecayRule.HUGGINGFACE, 0.01),
                false);
        TrainingPrograms programs = TrainingPrograms.of(model, updates, packed);
        for (Plan plan : List.of(programs.step(), programs.accumulate(), programs.apply())) {
            for (Node node : lacking.apply(plan.program())) {
                interpreted
                        .computeIfAbsent(node.op().mnemonic(), n -> new TreeSet<>())
                        .add(head + (packed ? ", packed: " : ": ") + node.type());
            }
        }
    }

    /** What a head's default options leave out. */
    private static TrainingModelOptions otherOptions(Architecture head) {
        TrainingModelOptions options =
                TrainingModelOptions.of(head).withDropout(false).withLossDivisor(true);
        return switch (head) {
            case SEQUENCE_CLASSIFICATION -> options.withSoftLabels(true);
            case QUESTION_ANSWERING -> options.withAnswersAtTokens(true);
            case TOKEN_CLASSIFICATION -> options.withLabelSmoothing(0.1);
            default -> options;
        };
    }
}
