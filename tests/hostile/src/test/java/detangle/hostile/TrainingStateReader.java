package detangle.hostile;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.HeadLosses;
import detangle.models.weights.SafetensorsWriter;
import detangle.train.Batch;
import detangle.train.BatchPlan;
import detangle.train.Batches;
import detangle.train.EvaluationOptions;
import detangle.train.Moment;
import detangle.train.OptimizerOptions;
import detangle.train.SavingOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingOptions;
import detangle.train.optimizer.LossScaler;
import detangle.train.optimizer.ReduceOnPlateau;
import detangle.train.report.TrainingLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.RawValue;

/** A checkpoint from which a training goes on: its state as JSON, the optimizer's moments, and the model. */
final class TrainingStateReader implements Reader {
    private static final String FOLDER = "checkpoint-2";
    private static final String STATE = FOLDER + "/trainer_state.json";
    private static final String VALUES = FOLDER + "/optimizer.safetensors";
    private static final String MODEL = FOLDER + "/model.safetensors";
    private static final int WIDTH = 3;
    private static final int ROWS = 6;

    private static final TrainingOptions OPTIONS = TrainingOptions.DEFAULT
            .withMaxSteps(4)
            .withPerDeviceTrainBatchSize(2)
            .withBackend("reference")
            .with(OptimizerOptions.HUGGINGFACE
                    .withLossScaler(LossScaler.Microsoft.begin(4, 1))
                    .withSchedule(ReduceOnPlateau.NAME, Map.of("factor", "0.5", "patience", "1")))
            .with(EvaluationOptions.NONE.withStrategy(Moment.STEPS, 1));

    /** Fields of the state with other values, and what the message has. */
    private static final String[][] FIELDS = {
        {"global_step", "-1", "global_step"},
        {"global_step", "-9223372036854775808", "global_step"},
        {"global_step", "9223372036854775807", ""},
        {"global_step", "5", ""},
        {"global_step", "4", ""},
        {"global_step", "1.5", "global_step"},
        {"global_step", "1e999", "global_step"},
        {"global_step", "99999999999999999999", "global_step"},
        {"global_step", "\"2\"", "global_step"},
        {"global_step", "[]", "global_step"},
        {"global_step", "null", "global_step"},
        {"loss_sum", "1", "loss_sum is 1; it must be a number, as text"},
        {"loss_sum", "\"a\"", "loss_sum"},
        {"loss_sum", "\"NaN\"", ""},
        {"loss_sum", "[\"1\"]", "loss_sum"},
        {"loss_sum", "\"" + "1".repeat(1 << 20) + "\"", ""},
        {"bad_evaluations", "-1", "bad_evaluations"},
        {"bad_evaluations", "2147483648", "bad_evaluations"},
        {"bad_evaluations", "{}", "bad_evaluations"},
        {"best_metric", "\"\"", "best_metric"},
        {"best_metric", "null", "best_metric"},
        {"best_metric", "\"-Infinity\"", ""},
        {"best_global_step", "-7", "best_global_step"},
        {"best_global_step", "\"x\"", "best_global_step"},
        {"skipped_updates", "-1", "skipped_updates"},
        {"skipped_updates", "3", "skipped_updates is 3; it must be a whole number from 0 to 2"},
        {"skipped_updates", "[0]", "skipped_updates"},
        {"loss_scaler", "null", "loss_scaler"},
        {"loss_scaler", "[]", "loss_scaler"},
        {"loss_scaler", "{}", "scale"},
        {"loss_scaler", "{\"scale\":\"0\",\"interval\":1,\"attempts\":2,\"changed\":1}", "scale"},
        {"loss_scaler", "{\"scale\":\"-4\",\"interval\":1,\"attempts\":2,\"changed\":1}", "scale"},
        {"loss_scaler", "{\"scale\":\"NaN\",\"interval\":1,\"attempts\":2,\"changed\":1}", "scale"},
        {"loss_scaler", "{\"scale\":\"Infinity\",\"interval\":1,\"attempts\":2,\"changed\":1}", "scale"},
        {"loss_scaler", "{\"scale\":4,\"interval\":1,\"attempts\":2,\"changed\":1}", "scale"},
        {"loss_scaler", "{\"scale\":\"4\",\"interval\":-1,\"attempts\":2,\"changed\":1}", "interval"},
        {"loss_scaler", "{\"scale\":\"4\",\"interval\":1,\"attempts\":\"2\",\"changed\":1}", "attempts"},
        {"loss_scaler", "{\"scale\":\"4\",\"interval\":1,\"attempts\":2,\"changed\":3}", "changed"},
        {"loss_scaler", "{\"scale\":\"4\",\"interval\":1,\"finite_attempts\":-3}", "finite_attempts"},
        {"loss_scaler", "{\"scale\":\"1e300\",\"interval\":1,\"attempts\":2,\"changed\":1}", ""},
        {"reduce_lr_on_plateau", "[]", "reduce_lr_on_plateau"},
        {"reduce_lr_on_plateau", "{}", "rate"},
        {"reduce_lr_on_plateau", "{\"rate\":\"NaN\",\"best\":\"1\",\"bad\":0,\"pause\":0}", "rate"},
        {"reduce_lr_on_plateau", "{\"rate\":\"-1\",\"best\":\"1\",\"bad\":0,\"pause\":0}", "rate"},
        {"reduce_lr_on_plateau", "{\"rate\":\"1e999\",\"best\":\"1\",\"bad\":0,\"pause\":0}", "rate"},
        {"reduce_lr_on_plateau", "{\"rate\":\"1\",\"best\":\"1\",\"bad\":-1,\"pause\":0}", "bad"},
        {"reduce_lr_on_plateau", "{\"rate\":\"1\",\"best\":\"1\",\"bad\":0,\"pause\":0.5}", "pause"},
        {"recipe", "\"NOBODY\"", "recipe is NOBODY"},
        {"recipe", "\"\\u001b[31m\\n\"", "recipe"},
        {"recipe", "\"" + "r".repeat(1 << 20) + "\"", "recipe"},
        {"seed", "{}", "seed"},
        {"seed", "43", "seed is 43"},
        {"optim", "null", "optim"},
        {"train_batch_size", "0", "train_batch_size"},
        {"precision", "\"bf16\"", "precision is bf16"},
        {"precision", "[]", "precision is not said"},
        {"rows", "[]", "rows"},
        {"rows_checksum", "1", "rows_checksum"},
        {"updates_per_epoch", "0", "updates_per_epoch"},
        {"objective", "{\"" + "o".repeat(100_000) + "\":\"\\u001b[31m\"}", FOLDER},
        {"objective", "7", ""},
        {"log_history", "7", "log_history"},
        {"log_history", "[7]", "log_history"},
        {"log_history", "[{\"step\":\"a\"}]", "log_history"},
        {"log_history", "[{\"step\":1,\"epoch\":[]}]", ""},
        {"log_history", "[" + "{},".repeat(1_500_000) + "{}]", "values"},
        {"log_sums", "7", "log_sums"},
        {"log_sums", "{}", "log_sums"},
        {"log_sums", "{\"steps\":-1}", "log_sums"},
        {"log_sums", "{\"steps\":1e999}", "log_sums"},
        {"log_sums", "{\"steps\":\"1\"}", "log_sums"},
    };

    private static Program program() {
        Builder b = new Builder();
        Dim batch = Dim.symbol("B");
        Node x = b.input("x", TensorType.of(DType.F32, batch, Dim.of(WIDTH)));
        Node y = b.dotTransposed(x, b.param("weight", TensorType.of(DType.F32, 1, WIDTH)));
        Node loss = b.reshape(b.reduce(ReduceFunction.SUM, b.mul(y, y), 0), Shape.SCALAR);
        return new Program("squares", List.of(x), List.of(new Program.Output(HeadLosses.LOSS, loss)), Map.of());
    }

    private record Rows(BatchPlan plan) implements Batches {
        @Override
        public int updates() {
            return plan.updates();
        }

        @Override
        public List<Batch> update(int epoch, int update) {
            return plan.microBatches(update).stream()
                    .map(range -> new Batch(
                            Map.of("x", SmallModel.all(0.5f, range.size(), WIDTH)), range.size(), range.size()))
                    .toList();
        }

        @Override
        public long rows() {
            return ROWS;
        }
    }

    private static Trainer trainer(SavingOptions saving) {
        TrainableModel model = TrainableModel.of(program(), Map.of("weight", SmallModel.all(1, 1, WIDTH)), 0)
                .withEvaluation(program())
                .withWriter((folder, values) ->
                        SafetensorsWriter.write(folder.resolve("model.safetensors"), new TreeMap<>(values), Map.of()));
        TrainingOptions options = OPTIONS.with(saving);
        return new Trainer(model, new Rows(options.batchPlan(ROWS, 1)), options)
                .with(m -> {
                    SequencedMap<String, Double> metrics = new LinkedHashMap<>();
                    Map<String, Tensor> inputs = Map.of("x", SmallModel.all(0.25f, 1, WIDTH));
                    metrics.put("loss", m.apply(inputs).get(HeadLosses.LOSS).getDouble(0));
                    return metrics;
                })
                .with(new TrainingLog(1, entry -> {}));
    }

    /** The files of a checkpoint after two updates of four. */
    private record Stored(byte[] state, byte[] values, byte[] model) {}

    private static final Stored GOOD = trained();

    private static Stored trained() {
        try {
            Path folder = Files.createTempDirectory("training-state");
            trainer(SavingOptions.in(folder).withStrategy(Moment.STEPS, 1)).train();
            Stored files = new Stored(
                    Files.readAllBytes(folder.resolve(STATE)),
                    Files.readAllBytes(folder.resolve(VALUES)),
                    Files.readAllBytes(folder.resolve(MODEL)));
            Folders.remove(folder);
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String name() {
        return "training-state";
    }

    @Override
    public int megabytes() {
        return 64;
    }

    @Override
    public List<Hostile> good() {
        return List.of(new Hostile("after two updates", files(), ""));
    }

    private static FolderWriter files() {
        return FolderWriter.file(STATE, GOOD.state)
                .and(FolderWriter.file(VALUES, GOOD.values))
                .and(FolderWriter.file(MODEL, GOOD.model));
    }

    private static Hostile state(String name, UnaryOperator<String> change, String expected) {
        String text = change.apply(new String(GOOD.state, StandardCharsets.UTF_8));
        return new Hostile("state: " + name, files().and(FolderWriter.file(STATE, text)), expected);
    }

    /** The state with another value of a field. */
    private static String with(String state, String field, String json) {
        ObjectNode fields = (ObjectNode) JsonMapper.shared().readTree(state);
        fields.putRawValue(field, new RawValue(json));
        return JsonMapper.shared().writeValueAsString(fields);
    }

    private static Hostile values(String name, Map<String, Tensor> tensors, String expected) {
        return new Hostile("moments: " + name, files().and(SmallModel.weights(VALUES, tensors)), expected);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        for (String[] field : FIELDS) {
            String shown = field[1].length() > 70 ? field[1].substring(0, 70) + "..." + field[1].length() : field[1];
            all.add(state(field[0] + " is " + shown, text -> with(text, field[0], field[1]), field[2]));
        }
        all.add(state("a list", text -> "[]", "trainer_state.json"));
        all.add(state("a number", text -> "7", "trainer_state.json"));
        all.add(state("half a file", text -> text.substring(0, text.length() / 2), "not valid JSON"));
        all.add(state("something behind the end", text -> text + "{}", "not valid JSON"));
        all.add(state("a million brackets", text -> "[".repeat(1_000_000), "not valid JSON"));
        all.add(state("a field of controls", text -> "{\"\\u001b[31m\\n\":" + text + "}", "recipe is not said"));
        all.add(state("a million spaces", text -> " ".repeat(1_000_000) + text, ""));
        all.add(values("none", Map.of(), "does not hold"));
        all.add(values("of nobody", Map.of("a", SmallModel.all(0, 1)), "holds a"));
        all.add(values("a name of controls", Map.of("\u001b[31m\n\u202e", SmallModel.all(0, 1)), "no variable for"));
        all.add(values(
                "the model's parameter of another shape", Map.of("weight", SmallModel.all(0, 3, 3)), "does not hold"));
        all.add(new Hostile(
                "the model lacks its parameter",
                files().and(SmallModel.weights(MODEL, Map.of("other", SmallModel.all(0, 1)))),
                "does not hold weight"));
        all.add(new Hostile(
                "the model's parameter is of another type",
                files().and(SmallModel.weights(MODEL, Map.of("weight", Tensor.of(new long[WIDTH], 1, WIDTH)))),
                "does not hold weight"));
        all.add(new Hostile(
                "the model's parameter is not finite",
                files().and(SmallModel.weights(MODEL, Map.of("weight", SmallModel.all(Float.NaN, 1, WIDTH)))),
                FOLDER));
        all.addAll(StrangeFiles.inThePlaceOf(STATE, files()).stream()
                .map(strange -> new Hostile(strange.name(), strange.files(), FOLDER))
                .toList());
        all.addAll(StrangeFiles.inThePlaceOf(VALUES, files()));
        return all;
    }

    @Override
    public void read(Path folder) {
        SavingOptions nothing = SavingOptions.in(folder.resolveSibling("output"))
                .withStrategy(Moment.NEVER, 1)
                .withResumeFrom(folder.resolve(FOLDER));
        trainer(nothing).train();
    }
}
