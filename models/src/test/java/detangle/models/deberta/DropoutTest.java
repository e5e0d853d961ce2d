package detangle.models.deberta;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At which places training drops elements, and what its random numbers follow from. */
class DropoutTest {
    @TempDir
    Path folder;

    private DebertaConfig config() throws IOException {
        Path file = folder.resolve("config.json");
        Files.writeString(file, """
                {"model_type":"deberta-v2","vocab_size":40,"hidden_size":8,"num_hidden_layers":2,"num_attention_heads":2,
                "intermediate_size":8,"relative_attention":true,"pos_att_type":"p2c|c2p","max_position_embeddings":16,
                "conv_kernel_size":3,"hidden_dropout_prob":0.1,"attention_probs_dropout_prob":0.2,"pooler_dropout":0.3,
                "cls_dropout":0.4,"position_biased_input":false}
                """);
        return DebertaConfig.read(file);
    }

    private static List<Long> streams(Program program) {
        return program.nodes().stream()
                .filter(n -> n.op() instanceof TensorOp.RandomUniform)
                .map(n -> ((TensorOp.RandomUniform) n.op()).stream())
                .toList();
    }

    /** The places of a head, with their rates, in the order in which a forward pass comes to them. */
    private List<String> places(Architecture head) throws IOException {
        List<String> places = new ArrayList<>();
        Dropout noting = (b, place, rate, x) -> {
            places.add(place + " " + rate);
            return x;
        };
        TrainingModel.build(config(), head, TrainingModelOptions.of(head), noting);
        return places;
    }

    @Test
    void placesAreThoseOfTheOriginal() throws IOException {
        assertEquals(
                List.of(
                        "deberta.embeddings.dropout#0 0.1",
                        "deberta.encoder.layer.0.attention.self.pos_dropout#0 0.1",
                        "deberta.encoder.layer.0.attention.self.dropout#0 0.2",
                        "deberta.encoder.layer.0.attention.output.dropout#0 0.1",
                        "deberta.encoder.layer.0.output.dropout#0 0.1",
                        "deberta.encoder.conv.dropout#0 0.1",
                        "deberta.encoder.layer.1.attention.self.pos_dropout#0 0.1",
                        "deberta.encoder.layer.1.attention.self.dropout#0 0.2",
                        "deberta.encoder.layer.1.attention.output.dropout#0 0.1",
                        "deberta.encoder.layer.1.output.dropout#0 0.1",
                        "pooler.dropout#0 0.3",
                        "dropout#0 0.4"),
                places(Architecture.SEQUENCE_CLASSIFICATION));
    }

    /** The last layer runs twice more, and each time drops other elements. */
    @Test
    void passesOfTheMaskDecoderAreCounted() throws IOException {
        List<String> places = places(Architecture.MASKED_LM_EMD);
        assertEquals("deberta.encoder.layer.1.output.dropout#2 0.1", places.getLast());
        assertTrue(places.contains("deberta.encoder.layer.1.attention.self.pos_dropout#1 0.1"), places::toString);
        assertEquals(places.size(), new HashSet<>(places).size());
    }

    @Test
    void eachPlaceHasAStreamOfItsOwn() throws IOException {
        for (Architecture head : List.of(Architecture.SEQUENCE_CLASSIFICATION, Architecture.MASKED_LM_EMD)) {
            Program program = TrainingModel.build(config(), head, TrainingModelOptions.of(head));
            List<Long> streams = streams(program);
            assertTrue(streams.size() >= 10, streams::toString);
            assertEquals(streams.size(), new HashSet<>(streams).size());
            Node seed = program.inputs().stream()
                    .filter(n -> n.name().equals(InputNames.DROPOUT_SEED))
                    .findFirst()
                    .orElseThrow();
            assertEquals(new TensorType(DType.I64, Shape.SCALAR), seed.type());
        }
    }

    @Test
    void whatIsNotTrainedDropsNothing() throws IOException {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        TrainingModelOptions options = TrainingModelOptions.of(head);
        assertEquals(List.of(), streams(TrainingModel.build(config(), head, options.withDropout(false))));
        assertEquals(
                List.of(),
                streams(TrainingModel.build(config(), head, options.withDropoutRates(new DropoutRates(0, 0, 0, 0)))));
        assertEquals(List.of(), streams(DebertaModel.build(config(), head, ModelOptions.DEFAULT)));
    }
}
