import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type VariantColorsResolver,
} from '@mantine/core';

/**
 * White text needs 4.5:1 on what it stands on. Mantine's stock red, orange and
 * green fall short at their usual shades, so filled controls take the darkest.
 */
const variantColorResolver: VariantColorsResolver = (input) => {
  const found = defaultVariantColorsResolver(input);
  if (input.variant === 'filled' && (input.color === 'red' || input.color === 'teal')) {
    const name = input.color;
    return {
      ...found,
      background: name === 'red' ? 'var(--mantine-color-red-9)' : '#0b6b53',
      hover: name === 'red' ? '#b02525' : '#095a46',
      color: '#fff',
      border: 'none',
    };
  }
  return found;
};

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  focusRing: 'auto',
  variantColorResolver,
  components: {
    Drawer: {
      defaultProps: {
        position: 'right',
        size: 'lg',
        padding: 'md',
        // A dialog's heading is not the site's banner.
        attributes: { header: { role: 'none' } },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Modal: {
      defaultProps: {
        centered: true,
        attributes: { header: { role: 'none' } },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Tooltip: {
      defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: false } },
    },
    // The placeholder that takes the first focus is no menu item, so a menu may not hold it.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Textarea: { defaultProps: { autosize: true, minRows: 2 } },
  },
});

/** Quiet text that is still 4.5:1, in both schemes. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#55606b',
    '--mantine-color-placeholder': '#66707a',
    '--mantine-color-error': '#b02525',
    '--mantine-color-anchor': '#364fc7',
  },
  dark: {
    '--mantine-color-dimmed': '#a6adb4',
    '--mantine-color-placeholder': '#9aa1a8',
    '--mantine-color-error': '#ff9c9c',
    '--mantine-color-anchor': '#91a7ff',
  },
});
