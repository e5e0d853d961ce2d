package detangle.models.text;

import java.nio.file.Path;
import java.util.Base64;
import tools.jackson.databind.JsonNode;

/** Faults of a tokenizer.json over which the native library would end the process, where it should report them. */
final class NativeHazards {
    private final Path file;

    private NativeHazards(Path file) {
        this.file = file;
    }

    /** A {@link TokenizerException} if the part, a normalizer or a post-processor, has one at any depth. */
    static void check(Path file, JsonNode part) {
        new NativeHazards(file).check(part);
    }

    private void check(JsonNode node) {
        String type = node.path("type").asString("");
        if (type.equals("Precompiled")) {
            checkCharsmap(node.path("precompiled_charsmap"));
        } else if (type.equals("TemplateProcessing")) {
            checkTemplate(node);
        }
        node.forEach(this::check);
    }

    private void checkCharsmap(JsonNode charsmap) {
        if (!charsmap.isString()) {
            throw new TokenizerException(file, "a Precompiled normalizer has no precompiled_charsmap");
        }
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(charsmap.stringValue());
        } catch (IllegalArgumentException e) {
            throw new TokenizerException(file, "its precompiled_charsmap is not base 64", e);
        }
        Charsmap.read(file, bytes);
    }

    private void checkTemplate(JsonNode template) {
        for (String form : new String[] {"single", "pair"}) {
            for (JsonNode part : template.path(form)) {
                JsonNode id = part.path("SpecialToken").path("id");
                if (id.isString() && !template.path("special_tokens").has(id.stringValue())) {
                    throw new TokenizerException(
                            file, "post_processor uses " + id.stringValue() + ", which special_tokens lacks");
                }
            }
        }
    }
}
