package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.ir.InternalException;
import detangle.ir.OneLine;
import detangle.models.text.WhiteSpace;
import detangle.pipelines.NotFiniteException;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ProgressListener.RowMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Rows on their way from a source through a command. A few batches are read ahead. A batch is the first row that waits
 * and those that are most like it in length, so that every batch brings the output forward; what is done is handed on
 * in the order of the source.
 */
final class RowLoop {
    /** Batches that are read ahead: enough to put rows of like length together. */
    private static final int BATCHES_AHEAD = 16;

    /** Characters that are read ahead at most, beyond the first row that waits. */
    private static final long CHARACTERS_AHEAD = 1 << 24;

    private static final int FAULTS_NAMED = 3;

    /** Runs rows, each with a text for each of the columns. */
    interface Runner {
        /** Returns the results; a row has one, or several in the order in which they are printed. */
        List<Result> run(List<List<String>> rows, ProgressListener listener);
    }

    /** A row with what is known of it so far: neither results nor a fault, or one of them. */
    record Row(SourceRow source, List<Object> texts, List<Result> results, Optional<String> fault) {
        Row with(List<Result> found) {
            return new Row(source, texts, found, Optional.empty());
        }

        Row with(String found) {
            return new Row(source, texts, List.of(), Optional.of(found));
        }

        boolean waits() {
            return results.isEmpty() && fault.isEmpty();
        }
    }

    /** A row's place in the queue. */
    private static final class Place {
        private final int length;
        private final long size;
        private Row row;

        Place(Row row) {
            this.row = row;
            this.size = RowSize.of(row.source());
            this.length = texts().stream().mapToInt(String::length).sum();
        }

        List<String> texts() {
            return row.texts().stream()
                    .map(text -> row.waits() ? (String) text : "")
                    .toList();
        }
    }

    private final RowSource source;
    private final TextColumns columns;
    private final int batch;
    private final OnError onError;
    private final Consumer<String> messages;
    private final Deque<Place> queue = new ArrayDeque<>();
    private final List<String> faults = new ArrayList<>();
    private Optional<CliException> failure = Optional.empty();
    private boolean ended;
    private boolean answered;
    private int faulty;
    private int done;

    /**
     * Prepares a run.
     *
     * @param columns the columns that hold texts
     * @param batch rows that run at once; {@link Integer#MAX_VALUE} where all are needed
     * @param messages takes lines for people
     */
    RowLoop(RowSource source, TextColumns columns, int batch, OnError onError, Consumer<String> messages) {
        this.source = source;
        this.columns = columns;
        this.batch = batch;
        this.onError = onError;
        this.messages = message -> messages.accept(OneLine.of(message));
    }

    private boolean takesAll() {
        return batch == Integer.MAX_VALUE;
    }

    /** Reads the first rows, as many as are read ahead; how many they are. */
    int begin() {
        fill();
        return queue.size();
    }

    /** Returns why the source cannot be read beyond what has been read. */
    Optional<CliException> failure() {
        return failure;
    }

    /** Returns whether there is nothing after what has been read. */
    boolean ended() {
        return ended;
    }

    /**
     * Runs all rows.
     *
     * @param output takes rows in order, as soon as they and all before them are done
     * @param progress told how many rows are done
     */
    void run(Runner runner, Consumer<List<Row>> output, IntConsumer progress) {
        for (fill(); !queue.isEmpty(); fill()) {
            List<Place> next = next();
            if (!next.isEmpty()) {
                compute(runner, next, progress);
            }
            hand(output);
        }
        failure.ifPresent(e -> {
            throw e;
        });
        if (faulty > 0) {
            tellFaults();
        }
    }

    private void tellFaults() {
        String what =
                (faulty == 1 ? " row " : " rows ") + (onError == OnError.SKIP ? "left out: " : "without a result: ");
        messages.accept(faulty + what + faults.getFirst());
        faults.stream().skip(1).forEach(messages);
        if (faulty > faults.size()) {
            messages.accept("and " + (faulty - faults.size()) + " more");
        }
    }

    /**
     * Returns a reason as the command line says it: pipelines name in words what their callers have other names for.
     */
    private static String inOptions(String reason) {
        return reason.replace("(truncation)", "(--truncation)").replace("(maximum length)", "(--max-length)");
    }

    private void fill() {
        long maxRowsAhead = takesAll() ? Long.MAX_VALUE : (long) batch * BATCHES_AHEAD;
        long size = queue.stream().mapToLong(place -> place.size).sum();
        // What somebody types is answered line by line, unless all of it is needed.
        while (!ended
                && queue.size() < maxRowsAhead
                && (takesAll() || size < CHARACTERS_AHEAD)
                && (queue.isEmpty() || takesAll() || source.ready())) {
            try {
                Optional<SourceRow> next = source.next();
                ended = next.isEmpty();
                if (next.isPresent()) {
                    Row row = checked(next.get());
                    queue.add(new Place(row));
                    size += queue.getLast().size;
                    ended = row.fault().isPresent() && onError == OnError.FAIL;
                }
            } catch (CliException e) {
                // Told when the rows before it are done.
                failure = Optional.of(e);
                ended = true;
            }
        }
    }

    private Row checked(SourceRow row) {
        List<Object> texts = new ArrayList<>();
        columns.of(row).forEach(column -> texts.add(row.columns().get(column)));
        Row checked = new Row(row, texts, List.of(), Optional.empty());
        if (row.fault().isPresent()) {
            return checked.with(name(row) + " " + row.fault().get());
        }
        for (String column : columns.of(row)) {
            Object text = row.columns().get(column);
            if (!row.columns().containsKey(column)) {
                return checked.with(name(row) + " has no '" + column + "'; it has "
                        + RowSource.listed(row.columns().keySet()) + ": choose with --column");
            }
            if (!(text instanceof String value)) {
                return checked.with(name(row) + columns(List.of(column)) + " is "
                        + (text == null ? "null" : JsonValues.kind(text) + ", not a text"));
            }
            if (!columns.mayBeBlank() && WhiteSpace.isBlank(value)) {
                return checked.with(name(row) + columns(List.of(column)) + " is empty");
            }
        }
        return checked;
    }

    private String name(SourceRow row) {
        return source.nameOf(row);
    }

    private String name(SourceRow row, RowMessage message) {
        return source.nameOf(row, message) + columns(columns.needed());
    }

    private String columns(List<String> of) {
        return columns.named() ? (of.size() == 1 ? ", column '" : ", columns '") + String.join("', '", of) + "'" : "";
    }

    /**
     * Returns the first row that waits and those most like it, in the order of the source; nothing beyond a row that
     * ends the run.
     */
    private List<Place> next() {
        if (takesAll()) {
            queue.stream()
                    .filter(place -> place.row.fault().isPresent() && onError == OnError.FAIL)
                    .findFirst()
                    .ifPresent(place -> {
                        throw new CliException(place.row.fault().orElseThrow());
                    });
            return List.copyOf(queue); // With those that have no text, so that places are those of the source.
        }
        List<Place> waiting = new ArrayList<>();
        for (Place place : queue) {
            if (place.row.fault().isPresent() && onError == OnError.FAIL) {
                break;
            }
            if (place.row.waits()) {
                waiting.add(place);
            }
        }
        if (waiting.size() <= batch) {
            return waiting;
        }
        int length = waiting.getFirst().length;
        List<Place> alike = waiting.stream()
                .sorted(Comparator.comparingInt(place -> Math.abs(place.length - length)))
                .limit(batch)
                .toList();
        Set<Place> chosen = new HashSet<>(alike);
        return waiting.stream().filter(chosen::contains).toList();
    }

    /** Hears of the rows of a batch. */
    private final class Listener implements ProgressListener {
        private final List<Place> places;
        private final IntConsumer progress;
        private final int before = done;
        private final Set<Place> cut;

        Listener(List<Place> places, IntConsumer progress, Set<Place> cut) {
            this.places = places;
            this.progress = progress;
            this.cut = cut;
        }

        @Override
        public void done(int count) {
            progress.accept(Math.min(before + count, before + places.size()));
        }

        @Override
        public void unanswerable(RowMessage message) {
            Place place = places.get(message.row());
            if (place.row.fault().isPresent()) {
                return;
            }
            place.row = place.row.with(name(place.row.source(), message) + " " + inOptions(message.reason()));
            if (takesAll() && onError == OnError.FAIL) {
                throw new CliException(place.row.fault().orElseThrow());
            }
        }

        @Override
        public void cut(RowMessage message) {
            Place place = places.get(message.row());
            if (cut.add(place)) {
                messages.accept(name(place.row.source(), message) + " " + inOptions(message.reason()));
            }
        }
    }

    private void compute(Runner runner, List<Place> places, IntConsumer progress) {
        Set<Place> cut = new HashSet<>();
        List<Result> results;
        try {
            results = run(runner, places, progress, cut);
        } catch (NotFiniteException e) {
            if (takesAll() || places.size() == 1 && onError == OnError.FAIL) {
                throw e;
            }
            runOneByOne(runner, places, progress, cut, e);
            return;
        }
        done += places.size();
        if (takesAll()) {
            order(places, results);
        } else if (places.stream().anyMatch(place -> place.row.waits())) {
            throw new InternalException("a row has neither a result nor a fault");
        }
    }

    private List<Result> run(Runner runner, List<Place> places, IntConsumer progress, Set<Place> cut) {
        List<Result> results =
                runner.run(places.stream().map(Place::texts).toList(), new Listener(places, progress, cut));
        answered |= !results.isEmpty();
        Map<Place, List<Result>> found = new LinkedHashMap<>();
        results.forEach(result -> found.computeIfAbsent(places.get(result.row()), place -> new ArrayList<>())
                .add(result));
        found.forEach((place, of) -> {
            if (place.row.fault().isEmpty()) {
                place.row = place.row.with(of);
            }
        });
        return results;
    }

    /**
     * Finds the rows whose answer is not a number. If no row has had a finite answer so far, the model is at fault and
     * not the rows.
     */
    private void runOneByOne(
            Runner runner, List<Place> places, IntConsumer progress, Set<Place> cut, NotFiniteException ofAll) {
        for (Place place : places) {
            if (place.row.waits()) {
                try {
                    run(runner, List.of(place), progress, cut);
                } catch (NotFiniteException e) {
                    place.row = place.row.with(name(place.row.source()) + ": " + e.getMessage());
                }
            }
            done++;
        }
        if (!answered && places.size() > 1) {
            throw ofAll;
        }
    }

    /** Orders results as the command says; rows without an order come last. */
    private void order(List<Place> places, List<Result> results) {
        List<Place> ordered = new ArrayList<>();
        results.forEach(result -> ordered.add(places.get(result.row())));
        queue.stream().filter(place -> place.row.fault().isPresent()).forEach(ordered::add);
        queue.clear();
        queue.addAll(ordered);
    }

    /** Hands on what is done and has nothing in front of it that is not. */
    private void hand(Consumer<List<Row>> output) {
        List<Row> rows = new ArrayList<>();
        Optional<String> end = Optional.empty();
        while (end.isEmpty() && !queue.isEmpty() && !queue.getFirst().row.waits()) {
            Row row = queue.removeFirst().row;
            if (row.fault().isEmpty() || onError == OnError.NULL) {
                rows.add(row);
            }
            if (row.fault().isPresent() && onError == OnError.FAIL) {
                end = row.fault();
            } else {
                row.fault().ifPresent(this::remember);
            }
        }
        output.accept(Collections.unmodifiableList(rows));
        end.ifPresent(message -> {
            throw new CliException(message);
        });
    }

    private void remember(String fault) {
        faulty++;
        if (faults.size() < FAULTS_NAMED) {
            faults.add(fault);
        }
    }
}
