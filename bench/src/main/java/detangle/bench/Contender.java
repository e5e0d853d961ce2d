package detangle.bench;

import detangle.backend.ComputePrecision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Something that runs a model: Detangle on a backend, or a peer on a file.
 *
 * @param name the backend's; the peer's for Detangle's export, with the name of the file or folder behind it for a
 *     model that was given
 * @param precision in which the backend computes
 * @param model the model's name, or the peer's file
 * @param starter starts a process that has loaded the model, with so many threads
 */
record Contender(String name, ComputePrecision precision, String model, boolean peer, IntFunction<Worker> starter) {
    /** Something that computes in fp32. */
    Contender(String name, String model, boolean peer, IntFunction<Worker> starter) {
        this(name, ComputePrecision.FP32, model, peer, starter);
    }

    /**
     * Returns all that are to be compared, Detangle's first, and writes the files that peers load.
     *
     * @param scratch where exports are written, unless they are there
     */
    static List<Contender> of(BenchModel model, BenchOptions options, Path scratch, Consumer<String> progress) {
        List<Contender> all = new ArrayList<>();
        for (String backend : options.backends()) {
            for (ComputePrecision precision : options.precisions()) {
                all.add(new Contender(
                        backend,
                        precision,
                        model.name(),
                        false,
                        n -> Worker.detangle(model, backend, precision, n, options.dataTransfers())));
            }
        }
        options.peers().forEach((name, given) -> {
            if (name.equals(PyTorch.NAME)) {
                all.addAll(PyTorch.forward(model, options, given));
                return;
            }
            Peer peer = Peer.named(name);
            Path export = peer.file(model, scratch);
            if (!Files.exists(export)) {
                progress.accept("exporting " + model.name() + " for " + name);
                peer.export(model, export);
            }
            all.add(of(name, peer, "own export", model, export));
            given.ifPresent(path -> {
                Path file = Files.isDirectory(path) ? peer.file(model, path) : path;
                if (Files.isRegularFile(file)) {
                    String shown = file.getFileName().toString();
                    all.add(of(name + " " + path.getFileName(), peer, shown, model, file));
                } else if (Files.isDirectory(path)) {
                    progress.accept(
                            path + " has no " + file.getFileName() + ": " + name + " runs Detangle's export alone");
                } else {
                    throw new BenchException("there is no file " + path + " for " + name);
                }
            });
        });
        return all;
    }

    private static Contender of(String name, Peer peer, String shown, BenchModel model, Path file) {
        return new Contender(name, shown, true, n -> peer.start(model, file, n));
    }
}
