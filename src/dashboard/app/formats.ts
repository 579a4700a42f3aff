/** How figures, money and times are written, for every part of the page. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { createFormats } from '../../react/data/formats';
import type { ViewerFormats } from '../../react/data/formats';

export const Formats = createContext<ViewerFormats>(createFormats([]));
export const useFormats = (): ViewerFormats => useContext(Formats);
