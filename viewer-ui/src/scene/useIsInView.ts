import { type RefObject, useEffect, useState } from 'react';

/** Whether an element is in the viewport; undefined until the browser reports it. */
export function useIsInView(element: RefObject<Element | null>): boolean | undefined {
  const [isInView, setIsInView] = useState<boolean>();
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setIsInView(entry?.isIntersecting));
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isInView;
}
