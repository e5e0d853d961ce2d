package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import detangle.backend.processor.ThreadCount;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.train.Batch;
import detangle.train.BatchPlan;
import detangle.train.Recipe;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests corpora on the disk: how they are written, found line by line, dealt to slots and masked. */
final class CorpusTest {
    private static final Tokenizer TOKENIZER = Tokenizers.load(Path.of(System.getProperty("detangle.home", ".."))
            .toAbsolutePath()
            .resolve("models/pretrained/banking77-small"));
    private static final int MASK = TOKENIZER.maskTokenId().orElseThrow();

    @TempDir
    private Path folder;

    private Path written(List<String> texts, int maxLength) {
        Path file = folder.resolve("corpus.txt");
        try (CorpusWriter writer = new CorpusWriter(file, TOKENIZER, maxLength)) {
            writer.add(texts);
            writer.finish();
        }
        return file;
    }

    private static List<String> sentences(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> "My card number " + i + " has been lost, where is it?")
                .toList();
    }

    /** Returns the ids of texts without special tokens, one after the other. */
    private static int[] stream(List<String> texts) {
        return texts.stream()
                .flatMapToInt(text -> {
                    int[] ids = TOKENIZER.encode(text).ids();
                    return Arrays.stream(ids, 1, ids.length - 1);
                })
                .toArray();
    }

    private static int[] plain(int[] framed) {
        return Arrays.copyOfRange(framed, 1, framed.length - 1);
    }

    @Test
    void aCorpusIsOneStreamThatIsCut() throws IOException {
        List<String> texts = List.of("Where is my card?", "", "I do not know \u6f22, and [MASK].");
        Path file = written(texts, 8);
        List<String> lines = Files.readAllLines(file);
        assertEquals("\u2581Where \u2581is \u2581my \u2581card ? \u2581I", lines.getFirst());
        assertTrue(lines.stream().anyMatch(line -> line.contains("[UNK]")), lines.toString());
        assertTrue(lines.subList(0, lines.size() - 1).stream().allMatch(line -> line.split(" ").length == 6));
        Corpus corpus = Corpus.open(file, TOKENIZER);
        assertEquals(lines.size(), corpus.lines());
        int[] read = corpus.read(IntStream.range(0, lines.size()).asLongStream().toArray()).stream()
                .peek(ids -> assertEquals(1, ids[0]))
                .peek(ids -> assertEquals(2, ids[ids.length - 1]))
                .flatMapToInt(ids -> Arrays.stream(plain(ids)))
                .toArray();
        assertArrayEquals(stream(texts), read);
    }

    @Test
    void asManyThreadsEncodeAsCompute() {
        Set<ForkJoinPool> pools = ConcurrentHashMap.newKeySet();
        Tokenizer watched = (Tokenizer) Proxy.newProxyInstance(
                Tokenizer.class.getClassLoader(), new Class<?>[] {Tokenizer.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("encode")) {
                        pools.add(ForkJoinTask.getPool());
                    }
                    return method.invoke(TOKENIZER, arguments);
                });
        try (CorpusWriter writer = new CorpusWriter(folder.resolve("watched.txt"), watched, 16)) {
            writer.add(sentences(100));
        }

        assertEquals(
                List.of(ThreadCount.chosen().threads()),
                pools.stream().map(ForkJoinPool::getParallelism).toList());
        assertFalse(pools.contains(ForkJoinPool.commonPool()));
    }

    @Test
    void aFileAppearsWholeOrNotAtAll() throws IOException {
        Path file = folder.resolve("whole.txt");
        Files.writeString(file, "before");
        try (CorpusWriter writer = new CorpusWriter(file, TOKENIZER, 16)) {
            writer.add(sentences(100));
            assertTrue(writer.lines() > 50 && writer.tokens() > 1000);
        }
        assertEquals("before", Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
        try (CorpusWriter writer = new CorpusWriter(file, TOKENIZER, 16)) {
            writer.add(List.of("", " "));
            DataException e = assertThrows(DataException.class, writer::finish);
            assertEquals("there is no text to make " + file + " of", e.getMessage());
        }
    }

    /** A device is written to, and stays one; a full disk is told as it is. */
    @Test
    void whatCannotBeAFileIsToldInWords() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full));
        CorpusException e = assertThrows(CorpusException.class, () -> {
            try (CorpusWriter writer = new CorpusWriter(full, TOKENIZER, 16)) {
                writer.add(sentences(10));
                writer.finish();
            }
        });
        assertTrue(e.getMessage().startsWith(full + " cannot be written: "), e.getMessage());
        assertFalse(Files.isRegularFile(full));
        e = assertThrows(CorpusException.class, () -> new CorpusWriter(folder, TOKENIZER, 16));
        assertEquals(folder + " cannot be written: it is a folder; name a file", e.getMessage());
        Path none = folder.resolve("none/corpus.txt");
        e = assertThrows(CorpusException.class, () -> new CorpusWriter(none, TOKENIZER, 16));
        assertEquals(none + " cannot be written: its folder does not exist", e.getMessage());
    }

    /** An index of eight places finds each of a thousand lines, whatever is between them. */
    @Test
    void aBoundedIndexFindsEachLine() throws IOException {
        Random random = new Random(3);
        List<String> lines = IntStream.range(0, 1000)
                .mapToObj(i -> IntStream.range(0, 1 + random.nextInt(40))
                        .mapToObj(t -> TOKENIZER.token(10 + (i * 31 + t) % 3000).orElseThrow())
                        .collect(Collectors.joining(" ")))
                .toList();
        Path file = folder.resolve("lines.txt");
        Files.writeString(
                file,
                lines.stream()
                        .map(line -> line + (random.nextBoolean() ? "\r\n \n\n" : "\n"))
                        .collect(Collectors.joining()));
        List<Long> told = new ArrayList<>();
        Corpus small = Corpus.open(file, TOKENIZER, 8, told::add);
        Corpus large = Corpus.open(file, TOKENIZER);
        assertEquals(1000, small.lines());
        assertEquals(1000, told.size());
        assertEquals(large.checksum(), small.checksum());
        for (int i = 0; i < 1000; i++) {
            assertArrayEquals(large.read(i).getFirst(), small.read(i).getFirst(), "line " + i);
            assertEquals(lines.get(i).split(" ").length + 2, small.read(i).getFirst().length);
        }
    }

    @Test
    void aFileThatIsNoCorpusIsRefused() throws IOException {
        Path file = folder.resolve("raw.txt");
        Files.writeString(file, "\n\n\u2581my Hxllo\n");
        DataException e = assertThrows(DataException.class, () -> Corpus.open(file, TOKENIZER));
        assertEquals(
                file + " example 1 has 'Hxllo', which is not a token of the tokenizer: prepare the corpus with detangle"
                        + " prepare-corpus and this tokenizer",
                e.getMessage());
        Files.writeString(file, "\n \n");
        assertEquals(
                file + " has no text",
                assertThrows(DataException.class, () -> Corpus.open(file, TOKENIZER))
                        .getMessage());
        assertThrows(DataException.class, () -> Corpus.open(folder.resolve("absent.txt"), TOKENIZER));
    }

    @Test
    void aFileThatChangesIsNoticed() throws IOException {
        Path file = written(sentences(20), 16);
        Corpus corpus = Corpus.open(file, TOKENIZER);
        Files.writeString(file, Files.readString(file) + "\u2581my\n");
        DataException e = assertThrows(DataException.class, () -> corpus.read(0));
        assertTrue(e.getMessage().contains("was changed while it was read"), e.getMessage());
        assertNotEquals(corpus.checksum(), Corpus.open(file, TOKENIZER).checksum());
    }

    private static Collator collator() {
        return Collator.of(TOKENIZER.padTokenId(), false)
                .withMasking(NGramMasking.of(
                        MASK, TOKENIZER.vocabSize(), WordParts.of(TOKENIZER), 3, NGramMasking.PROBABILITY, 16, 7));
    }

    private static CorpusBatches batches(Corpus corpus, int slots, long seed) {
        return new CorpusBatches(corpus, collator(), 16, new BatchPlan(Recipe.MICROSOFT, slots, 5, 1), seed);
    }

    /** Returns the rows of an epoch as text; masks are undone by the labels. */
    private static List<String> rows(CorpusBatches batches, int epoch, boolean unmasked) {
        List<String> rows = new ArrayList<>();
        for (int update = 0; update < batches.updates(); update++) {
            for (Batch batch : batches.update(epoch, update)) {
                long[] ids = batch.inputs().get("input_ids").toLongs();
                long[] places = batch.inputs().get("masked_rows").toLongs();
                long[] labels = batch.inputs().get("labels").toLongs();
                assertEquals(places.length, batch.items());
                for (int i = 0; unmasked && i < places.length; i++) {
                    ids[(int) places[i]] = labels[i];
                }
                int length = ids.length / batch.rows();
                for (int row = 0; row < batch.rows(); row++) {
                    rows.add(Arrays.stream(ids, row * length, (row + 1) * length)
                            .filter(id -> id != TOKENIZER.padTokenId())
                            .mapToObj(Long::toString)
                            .collect(Collectors.joining(" ")));
                }
            }
        }
        return rows;
    }

    @Test
    void slotsTakeLinesEvenlyAndKeepTheirMasks() {
        Corpus corpus = Corpus.open(written(sentences(60), 16), TOKENIZER);
        int lines = Math.toIntExact(corpus.lines());
        CorpusBatches batches = batches(corpus, 3 * lines, 42);
        assertEquals(3L * lines, batches.rows());
        assertEquals(Math.ceilDiv(3 * lines, 5), batches.updates());
        List<String> whole = rows(batches, 0, true);
        assertEquals(3 * lines, whole.size());
        assertTrue(whole.stream().collect(Collectors.groupingBy(row -> row, Collectors.counting())).values().stream()
                .allMatch(count -> count % 3 == 0));
        List<String> masked = rows(batches, 0, false);
        // A line has other masks in its other slots.
        assertTrue(masked.stream().distinct().count() > 2.5 * lines);
        List<String> next = rows(batches, 1, false);
        assertNotEquals(masked, next);
        assertEquals(masked.stream().sorted().toList(), next.stream().sorted().toList());
        assertEquals(masked, rows(batches(corpus, 3 * lines, 42), 0, false));
        assertNotEquals(whole, rows(batches(corpus, 3 * lines, 43), 0, true));
    }

    /** The slices of three processes together are the rows of one. */
    @Test
    void slicesAreTheWhole() {
        Corpus corpus = Corpus.open(written(sentences(60), 16), TOKENIZER);
        CorpusBatches batches = batches(corpus, 18, 42);
        List<String> sliced = new ArrayList<>();
        for (int rank = 0; rank < 3; rank++) {
            sliced.addAll(rows(batches.slice(rank, 3), 0, false));
        }
        assertEquals(
                rows(batches, 0, false).stream().sorted().toList(),
                sliced.stream().sorted().toList());
        assertEquals(List.of(Batch.EMPTY), batches(corpus, 1, 42).slice(0, 3).update(0, 0));
    }

    @Test
    void longLinesAreCutAtRandom() {
        Corpus corpus = Corpus.open(written(sentences(200), 64), TOKENIZER);
        List<int[]> all = corpus.read(IntStream.range(0, Math.toIntExact(corpus.lines()))
                .asLongStream()
                .toArray());
        List<String> texts = all.stream()
                .map(ids -> " " + Arrays.toString(plain(ids)).replaceAll("[\\[,\\]]", "") + " ")
                .toList();
        List<Integer> starts = new ArrayList<>();
        for (Batch batch : CorpusBatches.inOrder(corpus, collator(), 16, 1)) {
            long[] ids = batch.inputs().get("input_ids").toLongs();
            long[] places = batch.inputs().get("masked_rows").toLongs();
            long[] labels = batch.inputs().get("labels").toLongs();
            for (int i = 0; i < places.length; i++) {
                ids[(int) places[i]] = labels[i];
            }
            String part = Arrays.stream(ids, 1, ids.length - 1)
                    .mapToObj(Long::toString)
                    .collect(Collectors.joining(" ", " ", " "));
            assertTrue(texts.get(starts.size()).contains(part), part);
            assertTrue(ids.length <= 16);
            starts.add(texts.get(starts.size()).indexOf(part));
        }
        assertEquals(corpus.lines(), starts.size());
        assertTrue(starts.stream().distinct().count() > 5, starts.toString());
    }

    /** The checksum differs where the rows of a batch do: with another corpus or other masks. */
    @Test
    void aChecksumKnowsTheCorpusAndTheMasks() {
        Corpus corpus = Corpus.open(written(sentences(60), 16), TOKENIZER);
        CorpusBatches plain = batches(corpus, 100, 42);
        assertEquals(plain.checksum(), batches(corpus, 100, 42).checksum());
        BatchPlan plan = new BatchPlan(Recipe.MICROSOFT, 100, 5, 1);
        assertNotEquals(plain.checksum(), new CorpusBatches(corpus, collator(), 12, plan, 42).checksum());
        NGramMasking masking = (NGramMasking) collator().masking().orElseThrow();
        Collator masks = collator().withMasking(masking.withMasksOnly());
        assertNotEquals(plain.checksum(), new CorpusBatches(corpus, masks, 16, plan, 42).checksum());
        Corpus other = Corpus.open(written(sentences(61), 16), TOKENIZER);
        assertFalse(plain.checksum() == batches(other, 100, 42).checksum());
    }
}
