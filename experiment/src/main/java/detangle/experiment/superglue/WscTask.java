package detangle.experiment.superglue;

import detangle.experiment.data.JsonRow;
import detangle.experiment.data.MarkedText;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.head.MarkedSpans.Span;
import detangle.models.text.WhiteSpace;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import java.util.List;

/**
 * WSC asks whether a pronoun means a noun. The original has no such task; the head is that of WiC, as in SuperGLUE's
 * baseline (Wang et al. 2019), over one text in which both are marked.
 */
final class WscTask implements MarkedWordsTask {
    @Override
    public String name() {
        return "wsc";
    }

    @Override
    public String description() {
        return "whether a pronoun means a noun of the same text";
    }

    /** Returns the spelling that SuperGLUE wants here, where WiC's is in lower case. */
    @Override
    public List<String> submitted() {
        return List.of("False", "True");
    }

    @Override
    public Example example(JsonRow row, SegmentFeatures features) {
        String text = row.text("text");
        MarkedText tokens = MarkedText.of(features.tokenizer(), text);
        JsonRow target = row.row("target");
        return new WordPairs(features, row.where(), SuperGlue.index(row, SuperGlue.TRUTH))
                .of(tokens, span(tokens, text, target, "span1"), span(tokens, text, target, "span2"));
    }

    /** Returns the tokens of a span. The row has the span's text and the number of its first word. */
    private static Span span(MarkedText tokens, String text, JsonRow target, String name) {
        String wanted = WhiteSpace.strip(target.text(name + "_text"));
        int word = target.integer(name + "_index");
        int begin = text.indexOf(wanted, word(text, word, target.where()));
        if (begin < 0) {
            throw new DataException(target.where() + " has the " + name + "_text '" + wanted
                    + "', which does not stand in its text from word " + word + " on");
        }
        int start = text.codePointCount(0, begin);
        return tokens.span(start, start + wanted.codePointCount(0, wanted.length()));
    }

    /** Returns the place at which a word begins; words have white space between them. */
    private static int word(String text, int number, String where) {
        int words = -1;
        boolean between = true;
        for (int i = 0; i < text.length(); i++) {
            boolean space = WhiteSpace.is(text.charAt(i));
            if (between && !space && ++words == number) {
                return i;
            }
            between = space;
        }
        throw new DataException(where + " names word " + number + " of a text of " + (words + 1) + " words");
    }
}
