package detangle.hostile;

import static detangle.testing.Pickles.matrix;
import static detangle.testing.Pickles.number;
import static detangle.testing.Pickles.numbers;
import static detangle.testing.Pickles.state;
import static detangle.testing.Pickles.tensor;
import static detangle.testing.Pickles.text;

import detangle.testing.Pickles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Archives of torch.save. */
final class TorchZipReader implements Reader {
    static final String FILE = "pytorch_model.bin";

    static final String PICKLE = "archive/data.pkl";
    static final String STORAGE = "archive/data/0";
    private static final byte[] VERSION = "3\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LITTLE = "little".getBytes(StandardCharsets.US_ASCII);

    @Override
    public String name() {
        return "torch-zip";
    }

    @Override
    public void read(Path folder) {
        WeightsReading.read(folder);
    }

    @Override
    public List<Hostile> good() {
        String views = state(
                "a", matrix(),
                "b", tensor("0", "FloatStorage", 6, 0, numbers(3, 2), numbers(1, 3)),
                "c", tensor("0", "FloatStorage", 6, 5, numbers(1), numbers(1)),
                "epoch", number(3));
        return List.of(
                good("zip", archive(state("w", matrix()), e -> {})),
                good("zip-of-views", archive(views, e -> {})),
                good("zip-as-torch-writes-it", archive(state("w", matrix()), e -> {
                    e.flags = 0x808;
                    e.localCrc = 0;
                    e.localSize = 0;
                })));
    }

    private static Hostile good(String name, HandmadeZip zip) {
        return new Hostile(name, FolderWriter.file(FILE, zip.bytes()), "");
    }

    static HandmadeZip archive(String pickle, Consumer<HandmadeZip.Entry> lie) {
        return new HandmadeZip()
                .add(PICKLE, Pickles.bytes(pickle), lie)
                .add("archive/byteorder", LITTLE)
                .add(STORAGE, Pickles.floats(6), lie)
                .add("archive/version", VERSION);
    }

    private static HandmadeZip storage(Consumer<HandmadeZip.Entry> lie) {
        return new HandmadeZip()
                .add(PICKLE, Pickles.bytes(state("w", matrix())))
                .add(STORAGE, Pickles.floats(6), lie);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        sizes(all);
        directories(all);
        entries(all);
        pickles(all);
        all.addAll(TorchTensors.madeByHand());
        files(all);
        return all;
    }

    private static void add(List<Hostile> all, String name, HandmadeZip zip, String expected) {
        byte[] bytes = zip.bytes();
        all.add(new Hostile("zip-" + name, FolderWriter.file(FILE, bytes), expected));
    }

    static void pickle(List<Hostile> all, String name, String pickle, String expected) {
        all.add(new Hostile(
                "pickle-" + name,
                folder -> Files.write(
                        folder.resolve(FILE), archive(pickle, e -> {}).bytes()),
                expected));
    }

    /** A large one is made when it is written. */
    private static String repeated(String head, String part, int times, String tail) {
        return head + part.repeat(times) + tail;
    }

    private static void sizes(List<Hostile> all) {
        add(all, "size-2-gb", storage(e -> e.size = e.packed = Integer.MAX_VALUE), "leads out");
        add(all, "size-4-gb", storage(e -> e.size = e.packed = 0xfffffffeL), "leads out");
        add(all, "size-elsewhere-missing", storage(e -> e.size = e.packed = 0xffffffffL), "leads out");
        add(all, "size-one-more", storage(e -> e.size = e.packed = 25), "damaged zip");
        add(all, "size-fewer", storage(e -> e.size = e.packed = 20), "damaged");
        add(all, "size-zero", storage(e -> e.size = e.packed = 0), "damaged");
        add(all, "size-differs-from-packed", storage(e -> e.size = 1L << 31), "bytes takes 24");
        add(all, "size-of-own-header", storage(e -> e.localSize = 1 << 30), "contradicts");
        add(all, "crc", storage(e -> e.crc = e.localCrc = 1), "CRC-32");
        add(all, "crc-zero", storage(e -> e.crc = e.localCrc = 0), "CRC-32");
        add(all, "crc-of-own-header", storage(e -> e.localCrc = 5), "contradicts");
        add(
                all,
                "wide-size",
                storage(e -> {
                    e.size = e.packed = 0xffffffffL;
                    e.extra = HandmadeZip.wide(1L << 40, 1L << 40);
                }),
                "leads out");
        add(
                all,
                "wide-size-negative",
                storage(e -> {
                    e.size = e.packed = 0xffffffffL;
                    e.extra = HandmadeZip.wide(-1, -1);
                }),
                "takes -1");
        add(
                all,
                "wide-size-overflows",
                storage(e -> {
                    e.size = e.packed = 0xffffffffL;
                    e.extra = HandmadeZip.wide(Long.MAX_VALUE, Long.MAX_VALUE);
                }),
                "leads out");
        add(
                all,
                "wide-place-negative",
                storage(e -> {
                    e.header = 0xffffffffL;
                    e.extra = HandmadeZip.wide(-30);
                }),
                "not where");
        add(
                all,
                "wide-place-overflows",
                storage(e -> {
                    e.header = 0xffffffffL;
                    e.extra = HandmadeZip.wide(Long.MAX_VALUE - 5);
                }),
                "not where");
        add(
                all,
                "wide-sizes-that-are-true",
                storage(e -> {
                    e.size = e.packed = 0xffffffffL;
                    e.extra = HandmadeZip.wide(24, 24);
                    e.localSize = 0xffffffffL;
                    e.localExtra = HandmadeZip.wide(24, 24);
                }),
                "");
        add(all, "bomb", storage(e -> e.method = 8), "compressed");
        add(all, "unknown-method", storage(e -> e.method = 99), "compressed");
        add(all, "encrypted", storage(e -> e.flags = 1), "encrypted");
        add(all, "method-of-own-header", storage(e -> e.localMethod = 8), "contradicts");
    }

    private static void directories(List<Hostile> all) {
        HandmadeZip whole = storage(e -> {});
        int length = whole.bytes().length;
        add(all, "no-end", storage(e -> {}).end(e -> e.missing = true), "download it again");
        add(all, "comment", storage(e -> {}).end(e -> e.comment = new byte[60_000]), "");
        add(all, "directory-behind-the-end", storage(e -> {}).end(e -> e.at = length + 10), "directory should stand");
        add(all, "directory-at-2-gb", storage(e -> {}).end(e -> e.at = Integer.MAX_VALUE), "directory should stand");
        add(all, "directory-of-4-gb", storage(e -> {}).end(e -> e.size = 0xfffffff0L), "directory should stand");
        add(all, "directory-at-0", storage(e -> {}).end(e -> e.at = 0), "directory");
        add(all, "directory-too-short", storage(e -> {}).end(e -> e.size = 50), "directory");
        add(all, "more-entries-than-said", storage(e -> {}).end(e -> e.count = 1), "more than 1");
        add(all, "fewer-entries-than-said", storage(e -> {}).end(e -> e.count = 3), "does not hold 3");
        add(all, "no-entries", storage(e -> {}).end(e -> e.count = 0), "more than 0");
        add(all, "several-parts", storage(e -> {}).end(e -> e.part = 1), "several parts");
        add(all, "many-entries-without-record", storage(e -> {}).end(e -> e.count = 0xffff), "place is missing");
        for (long place : new long[] {-1, Long.MAX_VALUE, 1L << 40, 0}) {
            add(
                    all,
                    "record-at-" + place,
                    storage(e -> {}).end(e -> {
                        e.count = 0xffff;
                        e.before = HandmadeZip.end64(place, 2, 100, 0);
                    }),
                    "place is wrong");
        }
        int record = length - 22;
        for (long count : new long[] {-1, Long.MAX_VALUE, 1L << 32}) {
            add(
                    all,
                    "wide-count-" + count,
                    storage(e -> {}).end(e -> {
                        e.count = 0xffff;
                        e.before = HandmadeZip.end64(record, count, 0, 0);
                    }),
                    count < 0 ? "directory should stand" : "most is 65536");
            add(
                    all,
                    "wide-directory-" + count,
                    storage(e -> {}).end(e -> {
                        e.at = 0xffffffffL;
                        e.size = 0xffffffffL;
                        e.before = HandmadeZip.end64(record, 2, count, count);
                    }),
                    "directory should stand");
        }
        all.add(new Hostile(
                "zip-of-65000-entries",
                folder -> {
                    HandmadeZip many = storage(e -> {});
                    for (int i = 0; i < 65_000; i++) {
                        many.add("archive/data/x" + i, new byte[0]);
                    }
                    Files.write(folder.resolve(FILE), many.bytes());
                },
                ""));
    }

    private static void entries(List<Hostile> all) {
        add(all, "two-pickles", storage(e -> {}).add(PICKLE, new byte[] {'N', '.'}), "two entries");
        add(all, "two-storages", storage(e -> {}).add(STORAGE, new byte[24]), "two entries");
        add(
                all,
                "overlap",
                storage(e -> {}).add("archive/data/1", new byte[0], e -> {
                    e.header = 5;
                }),
                "not where");
        add(all, "same-place", storage(e -> {}).add("archive/data/1", new byte[24], e -> e.header = 0), "contradicts");
        byte[] pickle = Pickles.bytes(state("w", matrix()));
        byte[] inner = new HandmadeZip().add("archive/x", new byte[4]).bytes();
        add(
                all,
                "nested",
                storage(e -> {}).add("archive/inner", inner).add("archive/x", new byte[4], e -> {
                    e.header = 46 + pickle.length + 44 + 24 + 43;
                }),
                "overlap");
        add(all, "other-name-in-own-header", storage(e -> e.localName = "archive/data/9"), "contradicts");
        add(all, "no-own-header", storage(e -> e.localSignature = 0), "not where");
        add(all, "no-pickle", new HandmadeZip().add("x", new byte[1]), "without data.pkl");
        add(all, "empty", new HandmadeZip(), "without data.pkl");
        add(all, "no-storage", new HandmadeZip().add(PICKLE, pickle), "no storage '0'");
        add(
                all,
                "names-with-controls",
                new HandmadeZip()
                        .add(PICKLE, pickle)
                        .add("archive/\u001b[31m\u202e\n", new byte[1], e -> e.method = 8)
                        .add(STORAGE, new byte[24], e -> e.localName = "archive/data/0"),
                "");
        add(
                all,
                "storage-that-leads-out",
                new HandmadeZip()
                        .add(
                                PICKLE,
                                Pickles.bytes(
                                        state("w", tensor("../../x", "FloatStorage", 6, 0, numbers(6), numbers(1)))))
                        .add("archive/data/../../x", new byte[24]),
                "");
        add(
                all,
                "big-endian",
                storage(e -> {}).add("archive/byteorder", "big".getBytes(StandardCharsets.US_ASCII)),
                "big-endian");
        add(all, "long-name", storage(e -> {}).add("a".repeat(65_535), new byte[0]), "");
    }

    private static void pickles(List<Hostile> all) {
        pickle(all, "empty", "", "ends too early");
        pickle(all, "none", "N.", "no dictionary");
        pickle(all, "calls", "cos\nsystem\n" + text("id") + "\u0085R.", "os.system");
        pickle(all, "calls-in-colour", "c\u001b[31mos\nsys\u0085tem\n)R.", "wants to call");
        pickle(all, "long-module", repeated("c", "a", 1 << 20, "\nx\n."), "4300");
        pickle(all, "long-number", repeated("L", "9", 1 << 20, "L\n."), "4300");
        pickle(all, "number-of-4300-digits", repeated("L", "9", 4299, "L\n."), "wrong kind");
        pickle(all, "long-float", repeated("F", "1", 1 << 20, "\n."), "4300");
        pickle(all, "long-integer", repeated("I", "1", 1 << 20, "\n."), "4300");
        pickle(all, "unending-line", repeated("I", "1", 1 << 20, ""), "4300");
        pickle(all, "text-of-2-gb", "X\u00ff\u00ff\u00ff\u007f.", "ends too early");
        pickle(all, "text-of-minus-1", "X\u00ff\u00ff\u00ff\u00ff.", "ends too early");
        pickle(all, "half-a-character", "X\u0001\u0000\u0000\u0000\u00c3.", "UTF-8");
        pickle(all, "memo-minus-1", "Nr\u00ff\u00ff\u00ff\u00ff.", "number -1");
        pickle(all, "memo-2-million", "Nr\u0080\u0084\u001e\u0000.", "stores something as number");
        pickle(all, "memo-never-stored", "h\u0007.", "never stored");
        pickle(all, "memo-line-overflows", "Np99999999999\n.", "wrong kind");
        pickle(all, "lists-in-lists", repeated("", "]", 1 << 20, "."), "MiB");
        pickle(all, "instructions", repeated("", "N0", 1 << 22, "."), "instructions");
        pickle(all, "marks", repeated("", "(", 1 << 20, "."), "mark out of place");
        pickle(all, "marks-and-pops", repeated("", "(N1", 1 << 20, "N."), "no dictionary");
        pickle(all, "numbers", repeated("(", "K\u0007", 1 << 21, "t."), "MiB");
        pickle(all, "dictionaries", repeated("(", "}", 1 << 20, "t."), "MiB");
        pickle(
                all,
                "ordered-dictionaries",
                repeated("ccollections\nOrderedDict\nq\u0000", "h\u0000)R0", 1 << 20, "."),
                "MiB");
        pickle(all, "doubled-lists", repeated("]q\u0000", "](h\u0000h\u0000eq\u0000", 1 << 10, "."), "no dictionary");
        pickle(all, "doubled-tuples", repeated(")q\u0000", "(h\u0000h\u0000tq\u0000", 1 << 10, "."), "no dictionary");
        pickle(all, "list-of-itself", "]q\u0000h\u0000a.", "no dictionary");
        pickle(all, "dictionary-of-itself", "}q\u0000" + text("a") + "h\u0000s.", "no tensors by name");
        pickle(
                all,
                "grown-list",
                repeated("]q\u0000(" + "N".repeat(1000) + "lq\u00010", "h\u0000h\u0001e0", 2000, "."),
                "a pickle");
        pickle(all, "colliding-keys", collidingKeys(), "instructions");
        pickle(all, "key-that-is-a-tuple", "}()Ns.", "a pickle");
        pickle(all, "key-without-value", "}(" + text("a") + "u.", "wrong kind");
        pickle(all, "text-as-list", text("a") + "Na.", "wrong kind");
        pickle(all, "state-of-a-number", "K\u0001Nb.", "not a dictionary");
        pickle(all, "ordered-dictionary-of-a-list", "ccollections\nOrderedDict\n]\u0085R.", "another object");
        pickle(all, "trailing-bytes", state("w", matrix()) + "\u0000".repeat(1000), "");
        pickle(all, "names-in-colour", state("\u001b[2J\u202e\u0000w", matrix()), "");
        pickle(all, "name-of-a-megabyte", state("w".repeat(1 << 20), matrix()), "");
        pickle(all, "nested-state", state("state", "}" + text("w") + matrix() + "s"), "no tensors by name");
    }

    /** Keys of two kinds and one hash, which a tree of keys cannot order. */
    private static String collidingKeys() {
        StringBuilder keys = new StringBuilder("}(");
        for (int i = 0; i < 20_000; i++) {
            long number = (long) i << 32 | (i ^ 7);
            keys.append(number(number)).append('N');
            long bits = Double.doubleToLongBits(1.0) & 0xffff_ffff_0000_0000L;
            double real = Double.longBitsToDouble(bits + ((long) i << 32) | (bits + ((long) i << 32)) >>> 32 ^ 7);
            keys.append('G');
            long order = Double.doubleToRawLongBits(real);
            for (int shift = 56; shift >= 0; shift -= 8) {
                keys.append((char) (order >>> shift & 0xff));
            }
            keys.append('N');
        }
        return keys + "u.";
    }

    private static void files(List<Hostile> all) {
        byte[] whole = archive(state("w", matrix()), e -> {}).bytes();
        FolderWriter good = FolderWriter.file(FILE, whole);
        all.add(new Hostile(
                "zip-cut-off", FolderWriter.file(FILE, Arrays.copyOf(whole, whole.length / 2)), "download"));
        all.add(new Hostile("zip-of-four-bytes", FolderWriter.file(FILE, new byte[] {'P', 'K', 3, 4}), "damaged zip"));
        all.add(new Hostile("zip-of-1-tb", WeightsReading.sparse(good, FILE, 1L << 40), "damaged zip"));
        all.add(new Hostile("torch-pipe", StrangeFiles.pipe(FILE), "not a regular file"));
        all.add(new Hostile("torch-folder", folder -> Files.createDirectories(folder.resolve(FILE)), "is a folder"));
        all.add(new Hostile(
                "torch-zeros",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("/dev/zero")),
                "not a regular file"));
        all.add(new Hostile(
                "torch-link-to-nothing",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of("nothing")),
                FILE + ": is a link that leads to no file"));
        all.add(new Hostile(
                "torch-link-to-itself",
                folder -> Files.createSymbolicLink(folder.resolve(FILE), Path.of(FILE)),
                FILE + ": is a link that leads to no file"));
        for (String name : List.of("model.safetensors", "model.safetensors.index.json")) {
            all.add(new Hostile(
                    "torch-behind-a-link-to-nothing: " + name,
                    good.and(folder -> Files.createSymbolicLink(folder.resolve(name), Path.of("nothing"))),
                    name + ": is a link that leads to no file"));
        }
    }
}
