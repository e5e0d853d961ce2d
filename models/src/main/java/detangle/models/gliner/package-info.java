/** GLiNER (Zaratiana et al. 2024): entities of any kind that is named, on a DeBERTa encoder. */
package detangle.models.gliner;
