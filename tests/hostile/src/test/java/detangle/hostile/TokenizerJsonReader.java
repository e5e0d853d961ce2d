package detangle.hostile;

import static detangle.hostile.TokenizerJson.BPE;
import static detangle.hostile.TokenizerJson.WORD_PIECE;
import static detangle.hostile.TokenizerJson.added;
import static detangle.hostile.TokenizerJson.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Tokenizers of HuggingFace's library. */
final class TokenizerJsonReader implements Reader {
    private static final String FILE = "tokenizer.json";

    /** The shipped model's, a file from training. */
    static final Path TRAINED = Path.of(System.getProperty("detangle.home"), "models/pretrained/banking77-small");

    @Override
    public String name() {
        return "tokenizer-json";
    }

    @Override
    public List<Hostile> good() {
        return List.of(
                new Hostile("Unigram", TokenizerJson.file(FILE, TokenizerJson.EVERYTHING), ""),
                new Hostile("BPE", TokenizerJson.file(FILE, bpe()), ""),
                new Hostile("WordPiece", TokenizerJson.file(FILE, wordPiece()), ""),
                new Hostile("the trained one", trained(FILE), ""));
    }

    @Override
    public List<Hostile> madeByHand() {
        List<Hostile> made = new ArrayList<>(TokenizerJsonFiles.madeByHand());
        made.addAll(StrangeFiles.inThePlaceOf(FILE, folder -> {}));
        return made;
    }

    @Override
    public void read(Path folder) {
        TokenizerRoundTrip.of(folder);
    }

    /** A file of the shipped model. */
    static FolderWriter trained(String name) {
        return folder -> copy(name, folder);
    }

    private static void copy(String name, Path folder) throws IOException {
        Files.copy(TRAINED.resolve(name), folder.resolve(name));
    }

    private static String bpe() {
        String byteLevel = "{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':true,'use_regex':true}";
        return tokenizer(
                "null",
                byteLevel,
                "{'type':'RobertaProcessing','sep':['[SEP]',2],'cls':['[CLS]',1],'trim_offsets':true,"
                        + "'add_prefix_space':true}",
                byteLevel,
                BPE,
                added("[MASK]", 10));
    }

    private static String wordPiece() {
        return tokenizer(
                "null",
                "{'type':'BertPreTokenizer'}",
                "{'type':'BertProcessing','sep':['[SEP]',2],'cls':['[CLS]',1]}",
                "{'type':'WordPiece','prefix':'##','cleanup':true}",
                WORD_PIECE,
                added("[MASK]", 10));
    }
}
