package detangle.hostile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where files are given to one reader. Worker processes read many, one after the other, and are replaced when they are
 * of no use any more. The files of each fault stay in the room's folder.
 */
final class Room implements AutoCloseable {
    /** How long a process may be silent, on whatever machine, before it counts as hanging. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Of processor time, as what else a machine does is nobody's fault. */
    private static final Duration MAX_TIME = Duration.ofSeconds(1);

    /** How many more files and threads a process may have after any number of files than after the good ones. */
    private static final int MAX_OPENED = 40;

    /** The same for good files in a new process, whose time is not judged. */
    private static final Duration PATIENCE_AT_FIRST = Duration.ofMinutes(2);

    private final Reader reader;
    private final Path place;
    private final Duration patience;
    private final List<Path> good = new ArrayList<>();
    private Worker worker;
    private Snapshot behindGoodFiles;
    private int opened;
    private int folders;

    /**
     * Begins with the good files.
     *
     * @param place a folder that is the room's own
     * @param patience how long a process may say nothing
     */
    Room(Reader reader, Path place, Duration patience) throws IOException {
        this.reader = reader;
        this.place = place;
        this.patience = patience;
        Folders.remove(place);
        Files.createDirectories(place);
        for (Hostile files : reader.good()) {
            Path folder = nextFolder();
            files.files().write(folder);
            good.add(folder);
        }
    }

    /**
     * What became of a folder.
     *
     * @param answer what a process said of it; empty if it said nothing
     * @param cost what that took
     * @param faults what was wrong with that, each in a sentence without a subject; none if all was well
     * @param folder where its files are, if anything was wrong
     */
    record Result(Optional<Answer> answer, Cost cost, List<String> faults, Path folder) {
        /** Whether it was read, and not refused. */
        boolean read() {
            return answer.filter(a -> a.outcome() == Answer.Outcome.READ).isPresent();
        }
    }

    /**
     * What a file took.
     *
     * @param processorTime of all threads of the process
     * @param grownBytes how much more memory the process had outside of its heap than after the good files
     */
    record Cost(Duration processorTime, long grownBytes) {
        static Cost of(Worker.Reply reply) {
            return new Cost(reply.answer().map(Answer::processorTime).orElse(Duration.ZERO), reply.grown());
        }

        /** What is more than it may be, as the rest of a sentence; nothing if all is well. */
        String excess() {
            String slow = processorTime.compareTo(MAX_TIME) > 0
                    ? "took " + processorTime.toMillis() + " ms of processor time"
                    : "";
            long megabytes = grownBytes >> 20;
            String large = megabytes > Worker.EXTRA_MEGABYTES ? "took " + megabytes + " MB outside of the heap" : "";
            return slow + (slow.isEmpty() || large.isEmpty() ? "" : " and ") + large;
        }
    }

    /** Has files read, and a good file after them. */
    Result give(Hostile hostile) throws IOException {
        Path folder = nextFolder();
        hostile.files().write(folder);
        Result result = judged(hostile, folder);
        if (result.faults().isEmpty()) {
            Folders.remove(folder.getParent());
        }
        return result;
    }

    private Result judged(Hostile hostile, Path folder) throws IOException {
        Snapshot before = Snapshot.of(folder.getParent());
        Worker.Reply reply = worker().ask(reader, folder, patience);
        boolean costly = isCostly(reply);
        if (costly) {
            // What a process pays once, such as loading a class, is not the file's fault.
            close();
            reply = worker().ask(reader, folder, patience);
        }
        List<String> faults = new ArrayList<>();
        if (reply.answer().isEmpty()) {
            faults.add(reply.silence() + ": " + Escapes.escaped(worker.errors()));
        } else {
            faults.addAll(Judge.faults(hostile, folder, reply.answer().get()));
        }
        if (costly && isCostly(reply)) {
            faults.add(Cost.of(reply).excess());
        }
        Snapshot.of(folder.getParent())
                .changedSince(before)
                .forEach(path -> faults.add("changed " + Escapes.escaped(path)));
        worker.leftBehind()
                .changedSince(behindGoodFiles)
                .forEach(path -> faults.add("left " + Escapes.escaped(path) + " in the working folder"));
        if (worker.opened() > opened + MAX_OPENED) {
            faults.add("and those before it have left " + (worker.opened() - opened) + " files and threads open");
        }
        if (reply.answer().isPresent()) {
            goodFault().ifPresent(fault -> faults.add("spoiled its process: " + fault));
        }
        if (!faults.isEmpty()) {
            close();
        }
        return new Result(reply.answer(), Cost.of(reply), faults, folder);
    }

    private static boolean isCostly(Worker.Reply reply) {
        return reply.answer().isPresent() && !Cost.of(reply).excess().isEmpty();
    }

    /** What is wrong with the first good file now. */
    private Optional<String> goodFault() throws IOException {
        Path next = good.getFirst();
        Worker.Reply reply = worker.ask(reader, next, patience);
        return reply.answer().map(Answer::outcome).equals(Optional.of(Answer.Outcome.READ))
                ? Optional.empty()
                : Optional.of(next.getFileName() + ": "
                        + reply.answer().map(Answer::message).orElse(reply.silence()));
    }

    /** A process that has read the good files. */
    private Worker worker() throws IOException {
        if (worker != null) {
            return worker;
        }
        worker = new Worker(reader.megabytes(), nextFolder());
        for (Path folder : good) {
            Worker.Reply reply = worker.ask(reader, folder, PATIENCE_AT_FIRST);
            boolean read = reply.answer()
                    .filter(a -> a.outcome() == Answer.Outcome.READ)
                    .isPresent();
            if (!read) {
                throw new AssertionError("a good file of " + reader.name() + " is not read: " + folder + ": " + reply
                        + " " + worker.errors());
            }
        }
        worker.settle();
        behindGoodFiles = worker.leftBehind();
        opened = worker.opened();
        return worker;
    }

    /** A new folder in a folder of its own, in which nothing else may appear. */
    private Path nextFolder() throws IOException {
        folders++;
        return Files.createDirectories(place.resolve(Integer.toString(folders)).resolve(reader.name() + "-" + folders));
    }

    @Override
    public void close() throws IOException {
        if (worker != null) {
            worker.close();
            worker = null;
        }
    }
}
