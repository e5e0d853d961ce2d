package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.backend.MeasurementFile;
import detangle.backend.processor.ThreadCount;
import detangle.bench.worker.Subject.Difference;
import detangle.ir.DType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A process that runs one model; see {@link detangle.bench.worker.WorkerMain} for what is said to it. */
final class Worker implements AutoCloseable {
    private static final String MAIN = "detangle.bench.worker.WorkerMain";

    /** The options with which the launcher starts a command that has one answer to give (dist/src/bin/launch.sh). */
    private static final List<String> ONE_ANSWER = List.of("-XX:TieredStopAtLevel=1", "-Ddetangle.once=true");

    /**
     * Options of this JVM that a worker does not get: what belongs to a terminal, to a debugger, or to the classes of
     * the bench.
     */
    private static final List<String> OWN_OPTIONS =
            List.of("-Ddetangle.terminal", "-agentlib", "-XX:SharedArchiveFile");

    /** Characters of an answer; the longest has a number for each of some thousand runs. */
    private static final int MAX_ANSWER_LENGTH = 1 << 22;

    private final String name;
    private final Process process;
    private final BufferedReader answers;
    private final PrintStream commands;
    private final LastWords lastWords;
    private final String version;

    Worker(String name, List<String> command) {
        this.name = name;
        try {
            this.process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new BenchException("cannot start " + name + ": " + e.getMessage(), e);
        }
        this.lastWords = new LastWords(process.getErrorStream());
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        this.version = answer("ready");
    }

    /** Detangle on one of its backends in fp32, with the options of this JVM. */
    static Worker detangle(BenchModel model, String backend, int threads, boolean dataTransfers) {
        return detangle(model, backend, ComputePrecision.FP32, threads, dataTransfers);
    }

    /**
     * Detangle on one of its backends in a precision, with the options of this JVM.
     *
     * @param dataTransfers whether runs copy their outputs back from a device
     */
    static Worker detangle(
            BenchModel model, String backend, ComputePrecision precision, int threads, boolean dataTransfers) {
        String options =
                options(model, backend, model.weightType()) + " " + DetangleSubjectProvider.PRECISION + precision;
        return detangle(
                DetangleSubjectProvider.NAME,
                model,
                backend,
                threads,
                dataTransfers ? options : options + " " + DetangleSubjectProvider.ON_DEVICE);
    }

    /**
     * Returns a worker like {@link #detangle}, which loads as commands with one answer do.
     *
     * @param javaOptions for its JVM, besides those of this one
     */
    static Worker detangleOnce(BenchModel model, String backend, int threads, List<String> javaOptions) {
        String options = options(model, backend, model.weightType()) + " " + DetangleSubjectProvider.ONCE;
        List<String> all = new ArrayList<>(ONE_ANSWER);
        all.addAll(javaOptions);
        return detangle(DetangleSubjectProvider.NAME, model, backend, threads, options, all);
    }

    /** Returns a worker like {@link #detangle}, whose runs are steps of training. */
    static Worker detangleTraining(
            BenchModel model, String backend, ComputePrecision precision, int threads, TrainingStep step) {
        String options = TrainingSubjectProvider.options(backend, precision, step);
        return detangle(TrainingSubjectProvider.NAME, model, backend, threads, options);
    }

    private static Worker detangle(String provider, BenchModel model, String backend, int threads, String options) {
        return detangle(provider, model, backend, threads, options, List.of());
    }

    private static Worker detangle(
            String provider, BenchModel model, String backend, int threads, String options, List<String> javaOptions) {
        return detangle(provider, model.folder(), model.inputs(), backend, threads, options, javaOptions);
    }

    /** Returns a worker whose runs are requests to a pipeline that extracts. */
    static Worker detangleExtraction(Path folder, String backend, int threads, boolean newLabels) {
        String options = ExtractionSubjectProvider.options(backend, newLabels);
        return detangle(ExtractionSubjectProvider.NAME, folder, List.of(), backend, threads, options, List.of());
    }

    private static Worker detangle(
            String provider,
            Path folder,
            List<String> inputs,
            String backend,
            int threads,
            String options,
            List<String> javaOptions) {
        List<String> all = new ArrayList<>(javaOptions);
        all.add("-D" + ThreadCount.PROPERTY + "=" + threads);
        // A process waits for its turn while another one is measured, which it must not disturb.
        all.add("-D" + MeasurementFile.WHEN_IDLE + "=false");
        if (ComputePrecision.isEmulated()) {
            all.add("-D" + ComputePrecision.EMULATION + "=true");
        }
        List<String> command = java(MAIN, all);
        command.addAll(
                List.of(provider, folder.toString(), Integer.toString(threads), String.join(",", inputs), options));
        return new Worker(backend, command);
    }

    /** Returns a command that runs a class of the worker's room, with the options of this JVM and others. */
    static List<String> java(String main, List<String> options) {
        List<String> command = new ArrayList<>(List.of(java()));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(a -> OWN_OPTIONS.stream().noneMatch(a::startsWith))
                .forEach(command::add);
        command.addAll(options);
        boolean modules = Worker.class.getModule().isNamed();
        command.addAll(
                modules
                        ? List.of("-m", "detangle.bench.worker/" + main)
                        : List.of("-cp", System.getProperty("java.class.path"), main));
        return command;
    }

    /**
     * Returns a worker of PyTorch with transformers, in a Python that has both. Its runs are steps of training in fp32,
     * or with products in bf16 by autocast.
     */
    static Worker pytorchTraining(
            BenchModel model, Path python, PyTorch.Training training, int threads, TrainingStep step) {
        List<String> words = new ArrayList<>(training.words());
        words.addAll(step.words());
        return pytorch("training", model, python, threads, words);
    }

    /** Returns a worker of PyTorch with transformers, whose runs are forward passes of an encoder in fp32 or bf16. */
    static Worker pytorchForward(BenchModel model, Path python, int threads, ComputePrecision precision) {
        return pytorch("forward", model, python, threads, List.of(precision.toString()));
    }

    private static Worker pytorch(String what, BenchModel model, Path python, int threads, List<String> words) {
        Path script = home().resolve("bench/peers/pytorch_" + what + ".py");
        if (!Files.isRegularFile(script)) {
            throw new BenchException(script + " is not there; PyTorch is compared in a clone of the project");
        }
        List<String> command = new ArrayList<>(
                List.of(python.toString(), script.toString(), model.folder().toString(), Integer.toString(threads)));
        command.addAll(words);
        return new Worker(PyTorch.NAME, command);
    }

    /** Another runtime, from the jars in its own folder, with the file that it loads. */
    static Worker peer(String peer, List<String> inputs, Path file, int threads) {
        Path lib = home().resolve("peers").resolve(peer).resolve("target/lib");
        if (!Files.isDirectory(lib)) {
            throw new BenchException("the peer " + peer + " is not built: run ./build -q -DskipTests package -pl peers/"
                    + peer + " -am");
        }
        return new Worker(
                peer,
                List.of(
                        java(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        lib + "/*",
                        MAIN,
                        peer,
                        file.toString(),
                        Integer.toString(threads),
                        String.join(",", inputs),
                        ""));
    }

    private static Path home() {
        return Path.of(System.getProperty("detangle.home", "."));
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    String version() {
        return version;
    }

    long pid() {
        return process.pid();
    }

    private String answer(String expected) {
        String line;
        try {
            line = line();
        } catch (IOException e) {
            throw new BenchException(name + " broke off: " + e.getMessage(), e);
        }
        if (line == null) {
            throw new BenchException(name + " ended unexpectedly"
                    + lastWords.of().map(said -> ": " + said).orElse("; it may have run out of memory"));
        }
        if (!line.startsWith(expected)) {
            throw new BenchException(name + ": " + line.replaceFirst("^error ", ""));
        }
        return line.substring(expected.length()).trim();
    }

    /** Returns the next line; null at the end. What a process says that is not a worker may have no end. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = answers.read(); c != '\n'; c = answers.read()) {
            if (c < 0) {
                return line.isEmpty() ? null : line.toString();
            }
            if (line.length() == MAX_ANSWER_LENGTH) {
                throw new IOException("its answer has more than " + MAX_ANSWER_LENGTH + " characters");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private <T> T parsed(String answer, Function<String, T> parser) {
        try {
            return parser.apply(answer);
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new BenchException(
                    name + " answers '" + answer + "', which are not the numbers that it was asked for", e);
        }
    }

    private String ask(String command, String expected) {
        commands.println(command);
        return answer(expected);
    }

    /** Padded batches, by the lengths of their sequences. */
    void prepare(List<List<Integer>> batches, int vocabulary) {
        String lengths = batches.stream()
                .map(batch -> batch.stream().map(String::valueOf).collect(Collectors.joining(",")))
                .collect(Collectors.joining(";"));
        ask("prepare " + vocabulary + " " + lengths, "ok");
    }

    void prepare(Workload workload, int vocabulary, boolean oneByOne) {
        prepare(oneByOne ? workload.each() : List.of(workload.lengths()), vocabulary);
    }

    /** A text, for a worker that has a tokenizer. */
    void prepare(String text) {
        ask("text " + text, "ok");
    }

    /** All batches of a file, for a worker that trains. */
    void prepare(Path batches) {
        ask("batches " + batches, "ok");
    }

    /** Each batch of a file of requests, for a worker that reads such files. */
    void prepareRequests(Path requests) {
        ask("requests " + requests, "ok");
    }

    /** Nanoseconds of each of some runs of all that is prepared. */
    long[] run(int count) {
        return times("run " + count, count);
    }

    /** Nanoseconds of each of some batches from this number on; the first comes again after the last. */
    long[] pass(int from, int count) {
        return times("pass " + from + " " + count, count);
    }

    private long[] times(String command, int count) {
        long[] times = parsed(
                ask(command, "times"),
                answer -> Arrays.stream(answer.split(" "))
                        .mapToLong(Long::parseLong)
                        .toArray());
        if (times.length != count) {
            throw new BenchException(name + " was to run " + count + " times, and tells " + times.length);
        }
        return times;
    }

    /**
     * Returns how far the outputs for what was prepared are from those of a backend in fp32, with weights as they are
     * stored.
     */
    Difference difference(BenchModel model, String backend) {
        return parsed(ask("difference " + options(model, backend, Optional.empty()), "difference"), answer -> {
            String[] numbers = answer.split(" ");
            return new Difference(Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1]));
        });
    }

    private static String options(BenchModel model, String backend, Optional<DType> weightType) {
        return backend + " " + model.head().text()
                + weightType.map(t -> " " + t.text()).orElse("");
    }

    /** Floating-point operations and bytes a second at best; NaN where they are unknown. */
    double[] peaks() {
        return parsed(ask("peaks", "peaks"), answer -> {
            String[] numbers = answer.split(" ");
            return new double[] {Double.parseDouble(numbers[0]), Double.parseDouble(numbers[1])};
        });
    }

    /** Lets the process end by itself, as it does where there are no more commands. */
    void end() {
        commands.close();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        commands.close();
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
