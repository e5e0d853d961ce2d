package detangle.bench.worker;

import detangle.bench.worker.Subject.Difference;
import detangle.bench.worker.Subject.Forward;
import detangle.ir.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.StringJoiner;

/**
 * A process that loads one model and times forward passes as it is told, a line for a line:
 *
 * <pre>
 * (start)                      ready VERSION
 * prepare VOCABULARY 12,37;64  ok               padded batches of sequences of these lengths; here two of them
 * text WORDS                   ok               one text, where the model reads texts
 * batches FILE                 ok               the batches of a file, where such files are read
 * requests FILE                ok               each batch of a file of requests, where such files are read
 * run COUNT                    times NANOS ...  of all that is prepared, one after another, COUNT times
 * pass FROM COUNT              times NANOS ...  of each of COUNT batches from FROM on, the first after the last
 * difference OPTIONS           difference NMSE LARGEST
 *                                               of the outputs for the first batch from those with other options
 * peaks                        peaks FLOPS BYTES
 * </pre>
 *
 * A failure is answered with {@code error MESSAGE}. The process ends with its input.
 */
public final class WorkerMain {
    private static final long SEED = 7;

    private final Subject subject;
    private final List<String> names;
    private List<Forward> forwards = List.of();
    private Map<String, Tensor> prepared = Map.of();

    private WorkerMain(Subject subject, List<String> names) {
        this.subject = subject;
        this.names = names;
    }

    /**
     * Arguments: the provider's name, the model, the number of threads, the names of the inputs with commas between
     * (ids, mask and, if the model has them, token types), options of the provider.
     */
    public static void main(String[] args) throws IOException {
        // Standard output is for answers alone; whatever a library prints goes the other way.
        PrintStream answers = System.out;
        System.setOut(System.err);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        WorkerMain worker;
        try {
            SubjectProvider provider = ServiceLoader.load(SubjectProvider.class).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(p -> p.name().equals(args[0]))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("there is no '" + args[0] + "' to load models"));
            List<String> names = List.of(args[3].split(","));
            worker = new WorkerMain(provider.load(Path.of(args[1]), Integer.parseInt(args[2]), names, args[4]), names);
        } catch (Exception e) {
            answers.println("error " + oneLine(e));
            return;
        }
        answers.println("ready " + worker.subject.version());
        answers.flush();
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            try {
                answers.println(worker.answer(line));
            } catch (Exception e) {
                answers.println("error " + oneLine(e));
            }
            answers.flush();
        }
    }

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage() == null ? e : e.getMessage())
                .lines()
                .findFirst()
                .orElse("");
    }

    private String answer(String line) throws Exception {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "prepare" -> {
                prepare(Integer.parseInt(words[1]), words[2].split(";"));
                return "ok";
            }
            case "text" -> {
                forwards = List.of(subject.prepare(line.substring("text ".length())));
                return "ok";
            }
            case "batches" -> {
                forwards = List.of(subject.prepare(Path.of(line.substring("batches ".length()))));
                return "ok";
            }
            case "requests" -> {
                forwards = subject.requests(Path.of(line.substring("requests ".length())));
                return "ok";
            }
            case "run" -> {
                return times(Integer.parseInt(words[1]), 0, forwards.size());
            }
            case "pass" -> {
                return times(Integer.parseInt(words[2]), Integer.parseInt(words[1]), 1);
            }
            case "difference" -> {
                Difference d = subject.difference(prepared, line.substring("difference ".length()));
                return "difference " + d.nmse() + " " + d.largest();
            }
            case "peaks" -> {
                double[] peaks = subject.peaks();
                return "peaks " + peaks[0] + " " + peaks[1];
            }
            default -> throw new IllegalArgumentException("there is no command '" + words[0] + "'");
        }
    }

    /** Each batch has tokens of its own, so that none finds those of the one before it in a cache. */
    private void prepare(int vocabulary, String[] batches) throws Exception {
        List<Forward> each = new ArrayList<>();
        for (int i = 0; i < batches.length; i++) {
            Map<String, Tensor> inputs = inputs(vocabulary, new Random(SEED + i), lengths(batches[i]));
            if (i == 0) {
                prepared = inputs;
            }
            each.add(subject.prepare(inputs));
        }
        forwards = each;
    }

    /** Times some runs of so many batches each, one run after another, beginning with the batch of this number. */
    private String times(int runs, int first, int batches) throws Exception {
        StringJoiner times = new StringJoiner(" ");
        int next = first;
        for (int run = 0; run < runs; run++) {
            long begin = System.nanoTime();
            for (int i = 0; i < batches; i++) {
                forwards.get(next++ % forwards.size()).run();
            }
            times.add(Long.toString(System.nanoTime() - begin));
        }
        return "times " + times;
    }

    private static int[] lengths(String text) {
        return Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
    }

    /** Random tokens, padded on the right to the longest. */
    private Map<String, Tensor> inputs(int vocabulary, Random random, int... lengths) {
        int longest = Arrays.stream(lengths).max().orElse(0);
        long[] ids = new long[lengths.length * longest];
        long[] mask = new long[ids.length];
        for (int i = 0; i < lengths.length; i++) {
            for (int j = 0; j < lengths[i]; j++) {
                ids[i * longest + j] = random.nextInt(vocabulary);
                mask[i * longest + j] = 1;
            }
        }
        List<long[]> values = List.of(ids, mask, new long[ids.length]);
        Map<String, Tensor> inputs = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            inputs.put(names.get(i), Tensor.of(values.get(i), lengths.length, longest));
        }
        inputs.keySet().retainAll(subject.inputs());
        return inputs;
    }
}
