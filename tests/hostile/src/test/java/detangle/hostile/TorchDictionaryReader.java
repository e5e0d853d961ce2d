package detangle.hostile;

import detangle.models.text.Tokenizers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** The bpe_encoder.bin of microsoft's v1: a dictionary in a pickle of torch.save. */
final class TorchDictionaryReader implements Reader {
    private static final String FILE = "bpe_encoder.bin";
    private static final String START = "\u0080\u0002}(";
    private static final String WORDS = "U\bdict_map](U\u00012K\u0009\u0086U\u00010K\u0005\u0086U\u00011K\u0001\u0086e";
    private static final String MERGES = "U\u0005vocabX\u0012\u0000\u0000\u0000#version: 0.2\na b\n";
    private static final String ENCODER = "U\u0007encoder}(U\u0001aK\u0000U\u0001bK\u0001U\u0002abK\u0002u";
    private static final String END = "u.";
    private static final String GOOD = START + WORDS + MERGES + ENCODER + END;

    @Override
    public String name() {
        return "bpe-encoder";
    }

    @Override
    public List<Hostile> good() {
        return List.of(new Hostile("three words", zip(GOOD), ""));
    }

    private static Hostile hostile(String name, String pickle, String expected) {
        return new Hostile(name, zip(pickle), expected);
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> all = new java.util.ArrayList<>(List.of(
                hostile("lists in lists, a hundred each", START + "U\bdict_map" + nested(8, 100) + END, FILE),
                hostile("tuples in tuples, three each", START + "U\bdict_map" + tuples(40) + END, FILE),
                hostile("tuples in tuples as a name", START + tuples(40) + "K\u0001" + END, FILE),
                hostile("a list that holds itself", START + "U\bdict_map](h\u0000eq\u0000" + END, FILE),
                hostile("a list that holds itself later", START + "U\bdict_map]q\u0000(h\u0000e" + END, FILE),
                hostile("a dictionary that holds itself", "\u0080\u0002}q\u0000(U\u0001ah\u0000u.", FILE),
                hostile("no dictionary", "\u0080\u0002](K\u0001e.", FILE),
                hostile("a text", "\u0080\u0002U\u0001a.", FILE),
                hostile("no words", START + MERGES + ENCODER + END, "has no dict_map"),
                hostile("no merges", START + WORDS + ENCODER + END, "has no dict_map"),
                hostile("no encoder", START + WORDS + MERGES + END, "has no dict_map"),
                hostile("a word that is a number", GOOD.replace("U\u00012K", "K\u0002K"), FILE),
                hostile("a word that is a list", GOOD.replace("U\u00012K\u0009\u0086", "]K\u0009\u0086"), FILE),
                hostile("an encoder of numbers", GOOD.replace("U\u0001aK\u0000", "K\u0001K\u0000"), "encoder"),
                hostile("an id that is a text", GOOD.replace("U\u0001aK\u0000", "U\u0001aU\u0001a"), "encoder"),
                hostile(
                        "an id that is a fraction",
                        GOOD.replace("K\u0000U", "G@\u0000\u0000\u0000\u0000\u0000\u0000\u0000U"),
                        "encoder"),
                hostile("an empty token", GOOD.replace("U\u0001aK", "U\u0000K"), FILE),
                hostile("a merge of three", GOOD.replace("a b\n", "a bc").replace("a bc", "a  b"), FILE),
                hostile("a merge of what is not there", GOOD.replace("a b\n", "a c\n"), FILE),
                hostile("a call", "\u0080\u0002cos\nsystem\n(U\u0002lstR.", "os.system"),
                hostile("a call of eval", "\u0080\u0002c__builtin__\neval\n(U\u00011tR.", "eval"),
                hostile("nothing", "", FILE),
                hostile("a pickle that ends", "\u0080\u0002}(", FILE),
                hostile(
                        "a million words",
                        START + "U\bdict_map](" + "U\u00012K\u0009\u0086".repeat(400_000) + "e" + MERGES + ENCODER
                                + END,
                        FILE),
                hostile(
                        "a million lines of merges",
                        START + WORDS + "U\u0005vocabX\u0000\u0012\u007a\u0000" + "a\n".repeat(4_000_000) + ENCODER
                                + END,
                        FILE),
                hostile(
                        "a long text a thousand times",
                        START + "U\bdict_mapX\u0000\u0000\u0010\u0000" + "a".repeat(1 << 20) + "q\u00000]("
                                + "h\u0000".repeat(1000) + "e" + MERGES + ENCODER + END,
                        FILE),
                new Hostile("a zip without entries", FolderWriter.file(FILE, "PK\5\6" + "\0".repeat(18)), FILE),
                new Hostile("half a zip", FolderWriter.file(FILE, "PK\3\4"), FILE),
                new Hostile("a text file", FolderWriter.file(FILE, "hello"), FILE),
                new Hostile("random bytes", FolderWriter.file(FILE, bytes()), FILE)));
        all.addAll(StrangeFiles.inThePlaceOf(FILE, zip(GOOD)));
        return all;
    }

    private static byte[] bytes() {
        byte[] bytes = new byte[1000];
        new java.util.Random(1).nextBytes(bytes);
        return bytes;
    }

    /** A list that holds one so many times, which holds one. */
    private static String nested(int levels, int times) {
        StringBuilder pickle = new StringBuilder("](U\u00010eq\u0000");
        for (int level = 0; level < levels; level++) {
            pickle.append("0](")
                    .append(("h" + (char) level).repeat(times))
                    .append("eq")
                    .append((char) (level + 1));
        }
        return pickle.toString();
    }

    private static String tuples(int levels) {
        StringBuilder pickle = new StringBuilder("U\u0001a\u0085q\u0000");
        for (int level = 0; level < levels; level++) {
            pickle.append("0")
                    .append(("h" + (char) level).repeat(3))
                    .append("\u0087q")
                    .append((char) (level + 1));
        }
        return pickle.toString();
    }

    private static FolderWriter zip(String pickle) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("archive/data.pkl"));
            zip.write(pickle.getBytes(StandardCharsets.ISO_8859_1));
            zip.closeEntry();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return FolderWriter.file(FILE, out.toByteArray());
    }

    @Override
    public void read(Path folder) {
        Tokenizers.load(folder).encode("aab");
    }
}
