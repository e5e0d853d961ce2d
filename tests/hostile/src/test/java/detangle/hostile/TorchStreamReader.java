package detangle.hostile;

import static detangle.testing.Pickles.PROTO;
import static detangle.testing.Pickles.floats;
import static detangle.testing.Pickles.matrix;
import static detangle.testing.Pickles.numbers;
import static detangle.testing.Pickles.state;
import static detangle.testing.Pickles.storage;
import static detangle.testing.Pickles.stream;
import static detangle.testing.Pickles.tensor;
import static detangle.testing.Pickles.text;

import detangle.testing.Pickles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What torch.save wrote before PyTorch 1.6. */
final class TorchStreamReader implements Reader {
    private static final String FILE = TorchZipReader.FILE;
    private static final String KEYS = PROTO + "](" + text("0") + "e.";

    @Override
    public String name() {
        return "torch-stream";
    }

    @Override
    public void read(Path folder) {
        WeightsReading.read(folder);
    }

    @Override
    public List<Hostile> good() {
        String two = state(
                "a", matrix(),
                "b", tensor("1", "DoubleStorage", 2, 1, numbers(1), numbers(1)),
                "c", tensor("0", "FloatStorage", 6, 0, numbers(3, 2), numbers(1, 3)));
        byte[] elements = Arrays.copyOf(storage(6, floats(6)), 32 + 24);
        System.arraycopy(storage(2, new byte[16]), 0, elements, 32, 24);
        return List.of(
                new Hostile(
                        "one", FolderWriter.file(FILE, stream(state("w", matrix()), KEYS, storage(6, floats(6)))), ""),
                new Hostile(
                        "two",
                        FolderWriter.file(FILE, stream(two, PROTO + "](" + text("0") + text("1") + "e.", elements)),
                        ""));
    }

    private static void add(
            List<Hostile> all, String name, String object, String keys, byte[] storages, String expected) {
        all.add(new Hostile(name, FolderWriter.file(FILE, stream(object, keys, storages)), expected));
    }

    private static void sized(List<Hostile> all, String name, long elements, long count, String expected) {
        String object = state("w", tensor("0", "FloatStorage", elements, 0, numbers(1), numbers(1)));
        add(all, name, object, KEYS, storage(count, floats(6)), expected);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new ArrayList<>();
        String object = state("w", matrix());
        sized(all, "elements-at-the-limit", Long.MAX_VALUE, 6, "overflows");
        sized(all, "bytes-at-the-limit", Long.MAX_VALUE / 4, Long.MAX_VALUE / 4, "cut off");
        sized(all, "place-overflows", (Long.MAX_VALUE - 200) / 4, 6, "cut off");
        sized(all, "elements-negative", -1, 6, "-1 elements");
        sized(all, "elements-one-more", 7, 7, "cut off");
        sized(all, "count-differs", 6, 5, "5 elements");
        sized(all, "count-negative", 6, -6, "-6 elements");
        sized(all, "count-at-the-limit", 6, Long.MAX_VALUE, "elements");
        add(
                all,
                "key-twice",
                object,
                PROTO + "](" + text("0") + text("0") + "e.",
                storage(6, floats(6)),
                "does not go with");
        add(
                all,
                "key-twice-of-two",
                state("a", matrix(), "b", tensor("1", "FloatStorage", 6, 0, numbers(6), numbers(1))),
                PROTO + "](" + text("0") + text("0") + "e.",
                storage(6, floats(20)),
                "not due there");
        add(
                all,
                "key-unknown",
                object,
                PROTO + "](" + text("\u001b[31m") + "e.",
                storage(6, floats(6)),
                "not due there");
        add(all, "key-a-number", object, PROTO + "](K\u0000e.", storage(6, floats(6)), "not due there");
        add(all, "keys-missing", object, PROTO + "].", storage(6, floats(6)), "does not go with");
        add(all, "keys-a-dictionary", object, PROTO + "}.", storage(6, floats(6)), "does not go with");
        add(
                all,
                "keys-of-a-million",
                object,
                PROTO + "](" + "K\u0000".repeat(1 << 20) + "e.",
                new byte[0],
                "does not go with");
        add(all, "keys-cut-off", object, "", new byte[0], "ends too early");
        add(all, "storage-cut-off", object, KEYS, new byte[7], "cut off");
        add(all, "storage-missing", object, KEYS, new byte[0], "cut off");
        add(all, "more-behind", object, KEYS, Arrays.copyOf(storage(6, floats(6)), 5000), "");
        add(
                all,
                "view-of-a-storage",
                PROTO + "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\u0006("
                        + text("x") + "K\u0000K\u0001ttQ.",
                KEYS,
                storage(6, floats(6)),
                "a view of another");
        add(all, "object-calls", "cposix\nsystem\n" + text("id") + "\u0085R.", KEYS, new byte[0], "posix.system");
        add(all, "object-of-instructions", "N0".repeat(1 << 22) + ".", KEYS, new byte[0], "instructions");
        add(all, "object-of-lists", "]".repeat(1 << 20) + ".", KEYS, new byte[0], "MiB");
        all.add(raw("header-only", PROTO + "K\u0001.", "did not write"));
        all.add(raw("header-cut-off", PROTO + "K\u0001", "ends too early"));
        all.add(raw("magic-of-255-bytes", PROTO + "\u008a\u00ff" + "\u0001".repeat(255) + ".", "did not write"));
        all.add(raw("magic-is-a-list", PROTO + "].", "did not write"));
        all.add(raw("protocol-5", "\u0080\u0005\u0095" + "\u00ff".repeat(8) + "N.", "did not write"));
        all.add(raw("magic-is-long", PROTO + "L" + "9".repeat(1 << 20) + "\n.", "4300"));
        all.add(new Hostile(
                "of-a-terabyte",
                WeightsReading.sparse(
                        FolderWriter.file(FILE, stream(object, KEYS, storage(6, floats(6)))), FILE, 1L << 40),
                ""));
        all.add(new Hostile(
                "a-terabyte-of-nothing",
                WeightsReading.sparse(FolderWriter.file(FILE, Pickles.bytes(PROTO + "K")), FILE, 1L << 40),
                ""));
        String terabyte = state("w", tensor("0", "FloatStorage", 1L << 38, 0, numbers(1L << 38), numbers(1)));
        all.add(new Hostile(
                "a-tensor-of-a-terabyte",
                WeightsReading.sparse(
                        FolderWriter.file(FILE, stream(terabyte, KEYS, storage(1L << 38, new byte[0]))),
                        FILE,
                        (1L << 40) + 4096),
                ""));
        return all;
    }

    private static Hostile raw(String name, String pickle, String expected) {
        return new Hostile(name, FolderWriter.file(FILE, Pickles.bytes(pickle)), expected);
    }
}
