/** GLiNER (Zaratiana et al. 2024): entities of any named kinds, on a DeBERTa encoder. */
package detangle.models.gliner;
